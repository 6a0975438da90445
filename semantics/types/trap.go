package types

import "ptreview/arch"

// TrapMacros returns the type of a use of each trap macro, for Options.Opaque.
func TrapMacros() map[string]BasicKind {
	kinds := make(map[string]BasicKind)
	for _, t := range arch.Traps() {
		if t.Function {
			continue
		}
		kinds[t.Name] = Void
		if t.Returns == "int" {
			kinds[t.Name] = Int
		}
	}
	return kinds
}
