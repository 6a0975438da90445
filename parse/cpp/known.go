package cpp

import (
	_ "embed"
	"strings"
)

// builtinNames lists what gcc 12.2 answers 1 to in __has_builtin on each of
// x86_64, aarch64, riscv64, s390x and powerpc64, one name a line. Functions
// for single targets, which are vector operations nearly all, are left out.
// Made by asking those compilers about every word in them.
//
//go:embed builtins.txt
var builtinNames string

// commonAttributes lists what gcc 12.2 answers 1 to in __has_attribute on the
// same targets; the words asked about are those in the compilers and in gcc's
// manual.
const commonAttributes = `
access alias aligned alloc_align alloc_size always_inline artificial assume_aligned cleanup cold
common const constructor copy deprecated designated_init destructor error externally_visible
fallthrough flatten format format_arg gnu_inline hot ifunc leaf malloc may_alias maybe_unused
mode no_address_safety_analysis no_icf no_instrument_function no_profile_instrument_function
no_reorder no_sanitize no_sanitize_address no_sanitize_coverage no_sanitize_thread
no_sanitize_undefined no_split_stack no_stack_limit no_stack_protector nocf_check noclone
nocommon nodiscard noinit noinline noipa nonnull nonstring noplt noreturn nothrow
objc_nullability objc_root_class optimize packed patchable_function_entry persistent pure retain
returns_nonnull returns_twice scalar_storage_order section sentinel signed_bool_precision simd
stack_protect symver tainted_args target target_clones tls_model transaction_callable
transaction_may_cancel_outer transaction_pure transaction_safe transaction_safe_dynamic
transaction_unsafe transaction_wrap transparent_union unavailable uninitialized unused used
vector_mask vector_size visibility volatile warn_if_not_aligned warn_unused warn_unused_result
warning weak weakref zero_call_used_regs
`

// listed reports whether name is a word of list.
func listed(list, name string) bool {
	for rest := list; ; {
		i := strings.Index(rest, name)
		if i < 0 || name == "" {
			return false
		}
		end := i + len(name)
		if (i == 0 || blank(rest[i-1])) && (end == len(rest) || blank(rest[end])) {
			return true
		}
		rest = rest[end:]
	}
}

func blank(c byte) bool { return c == ' ' || c == '\n' }
