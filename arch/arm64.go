package arch

func arm64() *Arch {
	abi := ABI{
		PointerSize: 8, LongSize: 8, LongLongAlign: 8, Int128: true,
		MaxAlign: 16, CharUnsigned: true, WCharSize: 2, WCharUnsigned: true,
		LongDouble: 16, VaListSize: 32, VaListRecord: true, AnonBitfieldAlign: true,
	}
	big := abi
	big.BigEndian = true
	// Physical memory starts at zero in the emulated machine.
	setup := set("",
		"memstart_addr = 0",
		"kimage_voffset = KIMAGE_VADDR",
	)
	return &Arch{
		Name:   "arm64",
		Symbol: "ARM64",
		Variants: []*Variant{
			{
				Name: "arm64", Selects: "!CPU_BIG_ENDIAN", ABI: abi, Triple: "aarch64-linux-gnu",
				Flags:      []string{"-mlittle-endian", "-mgeneral-regs-only", "-mabi=lp64"},
				UTSMachine: "aarch64",
			},
			{
				Name: "arm64be", Selects: "CPU_BIG_ENDIAN", ABI: big, Triple: "aarch64-linux-gnu",
				Flags:      []string{"-mbig-endian", "-mgeneral-regs-only", "-mabi=lp64"},
				UTSMachine: "aarch64_be",
			},
		},
		// The number of levels follows from page size and VA bits, which
		// Kconfig fixes; only 52 bit addresses are decided by the processor.
		Machines: []*Machine{
			{
				Requires: "!ARM64_VA_BITS_52",
				Setup:    setup,
				Source:   "arch/arm64/mm/init.c, arm64_memblock_init, v6.1",
			},
			{
				Name:     "vabits_actual=48",
				Requires: "ARM64_VA_BITS_52",
				Inputs: map[string]bool{
					"lpa2_is_enabled": false, "pgtable_l4_enabled": true, "pgtable_l5_enabled": false,
				},
				Setup:  concat(set("", "vabits_actual = VA_BITS_MIN"), setup),
				Source: "arch/arm64/mm/mmu.c, vabits_actual, v6.1; asm/pgtable.h, pgtable_l5_enabled, v6.12",
			},
			{
				Name:     "vabits_actual=52",
				Requires: "ARM64_VA_BITS_52",
				Inputs: map[string]bool{
					"lpa2_is_enabled": true, "pgtable_l4_enabled": true, "pgtable_l5_enabled": true,
				},
				Setup:  concat(set("", "vabits_actual = VA_BITS"), setup),
				Source: "arch/arm64/kernel/head.S, v6.1; asm/pgtable.h, pgtable_l5_enabled, v6.12",
			},
		},
		Entries:    arm64Entries(),
		Defconfigs: []string{"defconfig"},
	}
}
