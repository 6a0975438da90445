package arch

// z13 are the features of a z13 that page tables depend on.
const z13 = "MACHINE_FLAG_EDAT1 | MACHINE_FLAG_EDAT2 | MACHINE_FLAG_IDTE | MACHINE_FLAG_ESOP | MACHINE_FLAG_TLB_LC | MACHINE_FLAG_NX"

func s390() *Arch {
	return &Arch{
		Name:   "s390",
		Symbol: "S390",
		Variants: []*Variant{{
			Name:    "s390x",
			Selects: "",
			ABI: ABI{
				PointerSize: 8, LongSize: 8, LongLongAlign: 8, Int128: true,
				MaxAlign: 8, BigEndian: true, CharUnsigned: true, WCharSize: 2,
				WCharUnsigned: true, LongDouble: 16, VaListSize: 32,
			},
			Triple:     "s390x-linux-gnu",
			Flags:      []string{"-m64", "-march=z10", "-msoft-float", "-mpacked-stack", "-mbackchain"},
			UTSMachine: "s390x",
		}},
		// Levels are folded per mm (mm->context.asce_limit), not per machine.
		Machines: []*Machine{{
			Setup: concat(
				// The kernel's own layout for a small machine with three
				// levels: identity map, vmemmap, vmalloc, modules.
				set("",
					"vmemmap = (struct page *)(_REGION2_SIZE / 4)",
					"VMALLOC_START = _REGION2_SIZE / 2",
					"VMALLOC_END = _REGION2_SIZE / 4 * 3",
				),
				// The lowcore, a variable at address 0, of a z13 or later.
				set("",
					"S390_lowcore.machine_flags = "+z13,
					"S390_lowcore.current_task = CURRENT",
					"S390_lowcore.cpu_nr = 0",
					"S390_lowcore.preempt_count = 0",
					"get_lowcore()->machine_flags = "+z13,
					"get_lowcore()->current_task = CURRENT",
					"get_lowcore()->cpu_nr = 0",
					"get_lowcore()->preempt_count = 0",
				),
			),
			Source: "arch/s390/boot/startup.c, setup_kernel_memory_layout, v6.1",
		}},
		Entries: s390Entries(),
		// Three levels, as exec sets up; more come when they are needed.
		MM:         set("", "MM->context.asce_limit = _REGION2_SIZE"),
		Defconfigs: []string{"defconfig", "debug_defconfig"},
	}
}
