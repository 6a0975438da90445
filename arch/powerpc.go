package arch

func powerpc() *Arch {
	big := ABI{
		PointerSize: 8, LongSize: 8, LongLongAlign: 8, Int128: true,
		MaxAlign: 16, BigEndian: true, CharUnsigned: true, WCharSize: 2,
		WCharUnsigned: true, LongDouble: 16, VaListSize: 8, VaListChar: true,
	}
	little := big
	little.BigEndian = false
	small := ABI{
		PointerSize: 4, LongSize: 4, LongLongAlign: 8,
		MaxAlign: 16, BigEndian: true, CharUnsigned: true, WCharSize: 2,
		WCharUnsigned: true, SizeTIsInt: true, LongDouble: 16, VaListSize: 12,
	}
	common := []string{
		"-msoft-float", "-mno-altivec", "-mno-vsx", "-mno-mma", "-mno-prefixed", "-mno-pcrel",
	}
	flags := func(first ...string) []string { return append(first, common...) }
	return &Arch{
		Name:   "powerpc",
		Symbol: "PPC",
		Variants: []*Variant{
			{
				Name: "ppc64", Selects: "PPC64 && !CPU_LITTLE_ENDIAN", ABI: big,
				Triple:     "powerpc64-linux-gnu",
				Flags:      flags("-m64", "-mbig-endian", "-mcmodel=medium"),
				UTSMachine: "ppc64",
			},
			{
				Name: "ppc64le", Selects: "PPC64 && CPU_LITTLE_ENDIAN", ABI: little,
				Triple:     "powerpc64-linux-gnu",
				Flags:      flags("-m64", "-mlittle-endian", "-mabi=elfv2", "-mcmodel=medium", "-mno-strict-align"),
				UTSMachine: "ppc64le",
			},
			{
				Name: "ppc32", Selects: "PPC32", ABI: small,
				Triple:     "powerpc64-linux-gnu",
				Flags:      []string{"-m32", "-mbig-endian", "-msoft-float", "-mno-altivec", "-mcpu=powerpc"},
				UTSMachine: "ppc",
			},
		},
		Machines: []*Machine{hashMachine(), radixMachine(), {Requires: "!PPC_BOOK3S_64"}},
		Entries:  powerpcEntries(),
		MM:       set("PPC_BOOK3S_64", "MM->context.id = 1"),
		Defconfigs: []string{
			"ppc64_defconfig", "ppc64le_defconfig", "ppc_defconfig", "ppc6xx_defconfig",
			"corenet64_smp_defconfig", "corenet32_smp_defconfig", "mpc85xx_defconfig",
			"mpc866_ads_defconfig", "ppc44x_defconfig",
		},
	}
}

// hashMachine is a book3s64 that booted with the hash MMU: the geometry that
// every table helper reads from globals, and the page sizes of a POWER.
func hashMachine() *Machine {
	return &Machine{
		Name:     "radix_enabled()=false",
		Requires: "PPC_BOOK3S_64 && PPC_64S_HASH_MMU",
		Inputs: map[string]bool{
			"radix_enabled": false, "early_radix_enabled": false,
			"mmu_has_feature(MMU_FTR_TYPE_RADIX)":  false,
			"mmu_has_feature(MMU_FTR_HPTE_TABLE)":  true,
			"mmu_has_feature(MMU_FTR_16M_PAGE)":    true,
			"mmu_has_feature(MMU_FTR_68_BIT_VA)":   true,
			"mmu_has_feature(MMU_FTR_PKEY)":        false,
			"mmu_has_feature(MMU_FTR_BOOK3S_KUAP)": false,
			"mmu_has_feature(MMU_FTR_BOOK3S_KUEP)": false,
		},
		Setup: concat(
			set("",
				"__pte_frag_nr = H_PTE_FRAG_NR",
				"__pte_frag_size_shift = H_PTE_FRAG_SIZE_SHIFT",
				"__pmd_frag_nr = H_PMD_FRAG_NR",
				"__pmd_frag_size_shift = H_PMD_FRAG_SIZE_SHIFT",
				"__pte_index_size = H_PTE_INDEX_SIZE",
				"__pmd_index_size = H_PMD_INDEX_SIZE",
				"__pud_index_size = H_PUD_INDEX_SIZE",
				"__pgd_index_size = H_PGD_INDEX_SIZE",
				"__pud_cache_index = H_PUD_CACHE_INDEX",
				"__pte_table_size = H_PTE_TABLE_SIZE",
				"__pmd_table_size = H_PMD_TABLE_SIZE",
				"__pud_table_size = H_PUD_TABLE_SIZE",
				"__pgd_table_size = H_PGD_TABLE_SIZE",
				"__pmd_val_bits = HASH_PMD_VAL_BITS",
				"__pud_val_bits = HASH_PUD_VAL_BITS",
				"__pgd_val_bits = HASH_PGD_VAL_BITS",
				"__kernel_virt_start = H_KERN_VIRT_START",
				"__vmalloc_start = H_VMALLOC_START",
				"__vmalloc_end = H_VMALLOC_END",
				"__kernel_io_start = H_KERN_IO_START",
				"__kernel_io_end = H_KERN_IO_END",
				"vmemmap = (struct page *)H_VMEMMAP_START",
				"mmu_psize_defs[MMU_PAGE_4K].shift = 12",
				"mmu_psize_defs[MMU_PAGE_64K].shift = 16",
				"mmu_psize_defs[MMU_PAGE_16M].shift = 24",
				"mmu_psize_defs[MMU_PAGE_16G].shift = 34",
				"mmu_linear_psize = MMU_PAGE_16M",
			),
			set("PPC_64K_PAGES", "mmu_virtual_psize = MMU_PAGE_64K"),
			set("!PPC_64K_PAGES", "mmu_virtual_psize = MMU_PAGE_4K"),
		),
		Source: "arch/powerpc/mm/book3s64/hash_utils.c, hash__early_init_mmu and htab_init_page_sizes, v6.1 and v6.12",
	}
}

// radixMachine is a book3s64 that booted with the radix MMU.
func radixMachine() *Machine {
	return &Machine{
		Name:     "radix_enabled()=true",
		Requires: "PPC_BOOK3S_64 && PPC_RADIX_MMU",
		Inputs: map[string]bool{
			"radix_enabled": true, "early_radix_enabled": true,
			"mmu_has_feature(MMU_FTR_TYPE_RADIX)":  true,
			"mmu_has_feature(MMU_FTR_PKEY)":        false,
			"mmu_has_feature(MMU_FTR_BOOK3S_KUAP)": false,
			"mmu_has_feature(MMU_FTR_BOOK3S_KUEP)": false,
		},
		Setup: concat(
			set("",
				"__pte_index_size = RADIX_PTE_INDEX_SIZE",
				"__pmd_index_size = RADIX_PMD_INDEX_SIZE",
				"__pud_index_size = RADIX_PUD_INDEX_SIZE",
				"__pgd_index_size = RADIX_PGD_INDEX_SIZE",
				"__pud_cache_index = RADIX_PUD_INDEX_SIZE",
				"__pte_table_size = RADIX_PTE_TABLE_SIZE",
				"__pmd_table_size = RADIX_PMD_TABLE_SIZE",
				"__pud_table_size = RADIX_PUD_TABLE_SIZE",
				"__pgd_table_size = RADIX_PGD_TABLE_SIZE",
				"__pmd_val_bits = RADIX_PMD_VAL_BITS",
				"__pud_val_bits = RADIX_PUD_VAL_BITS",
				"__pgd_val_bits = RADIX_PGD_VAL_BITS",
				"__kernel_virt_start = RADIX_KERN_VIRT_START",
				"__vmalloc_start = RADIX_VMALLOC_START",
				"__vmalloc_end = RADIX_VMALLOC_END",
				"__kernel_io_start = RADIX_KERN_IO_START",
				"__kernel_io_end = RADIX_KERN_IO_END",
				"vmemmap = (struct page *)RADIX_VMEMMAP_START",
				"__pte_frag_nr = RADIX_PTE_FRAG_NR",
				"__pte_frag_size_shift = RADIX_PTE_FRAG_SIZE_SHIFT",
				"__pmd_frag_nr = RADIX_PMD_FRAG_NR",
				"__pmd_frag_size_shift = RADIX_PMD_FRAG_SIZE_SHIFT",
				"mmu_psize_defs[MMU_PAGE_4K].shift = 12",
				"mmu_psize_defs[MMU_PAGE_64K].shift = 16",
				"mmu_psize_defs[MMU_PAGE_2M].shift = 21",
				"mmu_psize_defs[MMU_PAGE_1G].shift = 30",
			),
			set("PPC_64S_HASH_MMU && PPC_64K_PAGES", "mmu_virtual_psize = MMU_PAGE_64K"),
			set("PPC_64S_HASH_MMU && !PPC_64K_PAGES", "mmu_virtual_psize = MMU_PAGE_4K"),
		),
		Source: "arch/powerpc/mm/book3s64/radix_pgtable.c, radix__early_init_mmu, v6.1 and v6.12",
	}
}
