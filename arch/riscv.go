package arch

func riscv() *Arch {
	// The linear map begins at physical address zero in the emulated
	// machine, so the offset between both is its virtual start.
	linear := set("!32BIT && MMU",
		"kernel_map.va_pa_offset = kernel_map.page_offset",
		"phys_ram_base = 0",
		"riscv_pfn_base = 0",
	)
	vmemmap := set("!32BIT && SPARSEMEM_VMEMMAP", "vmemmap_start_pfn = 0")
	return &Arch{
		Name:   "riscv",
		Symbol: "RISCV",
		Variants: []*Variant{
			{
				Name:    "riscv64",
				Selects: "!32BIT",
				ABI: ABI{
					PointerSize: 8, LongSize: 8, LongLongAlign: 8, Int128: true,
					MaxAlign: 16, CharUnsigned: true, WCharSize: 2, WCharUnsigned: true,
					LongDouble: 16, VaListSize: 8,
				},
				Triple:     "riscv64-linux-gnu",
				Flags:      []string{"-mabi=lp64", "-march=rv64ima", "-mcmodel=medlow", "-mstrict-align"},
				UTSMachine: "riscv64",
			},
			{
				Name:    "riscv32",
				Selects: "32BIT",
				ABI: ABI{
					PointerSize: 4, LongSize: 4, LongLongAlign: 8,
					MaxAlign: 16, CharUnsigned: true, WCharSize: 2, WCharUnsigned: true,
					SizeTIsInt: true, LongDouble: 16, VaListSize: 4,
				},
				Triple:     "riscv64-linux-gnu",
				Flags:      []string{"-mabi=ilp32", "-march=rv32ima", "-mcmodel=medlow", "-mstrict-align"},
				UTSMachine: "riscv32",
			},
		},
		Machines: []*Machine{
			{
				Name:     "satp_mode=sv39",
				Requires: "!32BIT && MMU",
				Setup: concat(set("",
					"pgtable_l5_enabled = 0",
					"pgtable_l4_enabled = 0",
					"kernel_map.page_offset = PAGE_OFFSET_L3",
					"satp_mode = SATP_MODE_39",
				), linear, vmemmap),
				Source: "arch/riscv/mm/init.c, disable_pgtable_l4, v6.1",
			},
			{
				Name:     "satp_mode=sv48",
				Requires: "!32BIT && MMU && !XIP_KERNEL",
				Setup: concat(set("",
					"pgtable_l5_enabled = 0",
					"pgtable_l4_enabled = 1",
					"kernel_map.page_offset = PAGE_OFFSET_L4",
					"satp_mode = SATP_MODE_48",
				), linear, vmemmap),
				Source: "arch/riscv/mm/init.c, disable_pgtable_l5, v6.1",
			},
			{
				Name:     "satp_mode=sv57",
				Requires: "!32BIT && MMU && !XIP_KERNEL",
				Setup: concat(set("",
					"pgtable_l5_enabled = 1",
					"pgtable_l4_enabled = 1",
					"kernel_map.page_offset = CONFIG_PAGE_OFFSET",
					"satp_mode = SATP_MODE_57",
				), linear, vmemmap),
				Source: "arch/riscv/mm/init.c, setup_vm, v6.1",
			},
			{Requires: "32BIT || !MMU", Source: "arch/riscv/include/asm/pgtable-32.h, v6.1"},
		},
		Entries:    riscvEntries(),
		Defconfigs: []string{"defconfig", "rv32_defconfig"},
	}
}
