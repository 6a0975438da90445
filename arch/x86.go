package arch

func x86() *Arch {
	return &Arch{
		Name:   "x86",
		Symbol: "X86",
		Variants: []*Variant{
			{
				Name:    "x86_64",
				Selects: "!X86_32",
				ABI: ABI{
					PointerSize: 8, LongSize: 8, LongLongAlign: 8, Int128: true,
					MaxAlign: 16, WCharSize: 2, WCharUnsigned: true, LongDouble: 16,
					VaListSize: 24,
				},
				Triple: "x86_64-linux-gnu",
				Flags: []string{
					"-m64", "-mno-sse", "-mno-mmx", "-mno-sse2", "-mno-3dnow", "-mno-avx",
					"-mno-80387", "-mcmodel=kernel", "-mtune=generic", "-fcf-protection=none",
				},
				UTSMachine: "x86_64",
			},
			{
				Name:    "i386",
				Selects: "X86_32",
				ABI: ABI{
					PointerSize: 4, LongSize: 4, LongLongAlign: 4,
					MaxAlign: 16, WCharSize: 2, WCharUnsigned: true, SizeTIsInt: true,
					LongDouble: 12, VaListSize: 4, VaListChar: true,
				},
				Triple: "x86_64-linux-gnu",
				Flags: []string{
					"-m32", "-mno-sse", "-mno-mmx", "-mno-sse2", "-mno-3dnow", "-mno-avx",
					"-msoft-float", "-mregparm=3", "-freg-struct-return", "-ffreestanding",
					"-march=i686", "-fcf-protection=none",
				},
				UTSMachine: "i386",
			},
		},
		Machines: []*Machine{
			{
				Name:     "pgtable_l5_enabled()=false",
				Requires: "!X86_32",
				Inputs:   map[string]bool{"pgtable_l5_enabled": false},
				Setup: concat(
					set("X86_5LEVEL",
						"__pgtable_l5_enabled = 0",
						"pgdir_shift = 39",
						"ptrs_per_p4d = 1",
						"boot_cpu_data.x86_capability[X86_FEATURE_LA57 / 32] = boot_cpu_data.x86_capability[X86_FEATURE_LA57 / 32] & ~(1u << X86_FEATURE_LA57 % 32)",
					),
					set("DYNAMIC_MEMORY_LAYOUT",
						"page_offset_base = __PAGE_OFFSET_BASE_L4",
						"vmalloc_base = __VMALLOC_BASE_L4",
						"vmemmap_base = __VMEMMAP_BASE_L4",
					),
					set("DYNAMIC_PHYSICAL_MASK", "physical_mask = (1ULL << __PHYSICAL_MASK_SHIFT) - 1"),
					set("", "__supported_pte_mask = ~0UL", "__default_kernel_pte_mask = ~0UL"),
				),
				Source: "arch/x86/kernel/head64.c, page_offset_base and its neighbours, v6.1",
			},
			{
				Name:     "pgtable_l5_enabled()=true",
				Requires: "!X86_32 && X86_5LEVEL",
				Inputs:   map[string]bool{"pgtable_l5_enabled": true},
				Setup: concat(
					set("",
						"__pgtable_l5_enabled = 1",
						"pgdir_shift = 48",
						"ptrs_per_p4d = 512",
						"boot_cpu_data.x86_capability[X86_FEATURE_LA57 / 32] = boot_cpu_data.x86_capability[X86_FEATURE_LA57 / 32] | 1u << X86_FEATURE_LA57 % 32",
					),
					set("DYNAMIC_MEMORY_LAYOUT",
						"page_offset_base = __PAGE_OFFSET_BASE_L5",
						"vmalloc_base = __VMALLOC_BASE_L5",
						"vmemmap_base = __VMEMMAP_BASE_L5",
					),
					set("DYNAMIC_PHYSICAL_MASK", "physical_mask = (1ULL << __PHYSICAL_MASK_SHIFT) - 1"),
					set("", "__supported_pte_mask = ~0UL", "__default_kernel_pte_mask = ~0UL"),
				),
				Source: "arch/x86/kernel/head64.c, check_la57_support, v6.1",
			},
			{Requires: "X86_32", Source: "arch/x86/include/asm/pgtable_32_types.h, v6.1"},
		},
		Entries:    x86Entries(),
		Defconfigs: []string{"x86_64_defconfig", "i386_defconfig"},
	}
}
