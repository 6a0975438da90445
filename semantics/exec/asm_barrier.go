package exec

import (
	"slices"
	"strings"
)

// barriers order memory accesses, fetch instructions anew or wait.
const barriers = `
	mfence lfence sfence pause nop rep
	dmb dsb isb yield wfe sev
	fence fence.i
	sync lwsync eieio isync ptesync mbar msync
	bcr
	mf
	mb wmb imb
	synco
	dbar ibar
	l.msync l.psync l.csync
	memw extw isync rsync esync dsync
	membar
	flushp
	ehb ssnop
	syncht barrier
	sync.is sync.s`

// upkeep drops translations, writes cached data back or drops cached
// instructions. What drops cached data that memory does not have (dc ivac,
// dcbi, ocbi, initd) or writes (dc zva, dcbz) is not here.
// Source: Intel SDM vol. 2 (INVLPG, CLFLUSH, CLFLUSHOPT, CLWB, WBINVD); Arm
// ARM DDI 0487 C6.2 (TLBI, DC, IC) and DDI 0406 B3.18.6 to 8 (c7 and c8 of
// p15); Power ISA 3.1 book II 4.3 and III 6.9.3 (icbi, dcbf, dcbst, tlbie,
// tlbsync, slbie); RISC-V Privileged 12.2 (SFENCE.VMA); PA-RISC 2.0
// Architecture, chapter 7 (PDTLB, PITLB, FDC, FIC, MTSP: a space register
// names the address space of what follows); Nios II Processor Reference, chapter 8
// (flushp, flushd, flushi); SH-4A Software Manual (ocbp, ocbwb, icbi); MIPS32 vol. II (TLBWI,
// TLBWR, TLBP); LoongArch vol. 1, 4.2.4.7 (INVTLB); z/Architecture Principles
// of Operation, chapter 10 (PTLB); M68000 Family Programmer's Reference
// (PFLUSH, CPUSH); C-SKY V2 (tlbi); Xtensa Instruction Set
// Architecture, chapter 6 (DHWB, DHWBI, IHI).
const upkeep = `
	invlpg clflush clflushopt clwb wbinvd
	tlbi
	tlbie tlbiel tlbsync tlbilx tlbivax slbie slbia icbi dcbst dcbf
	sfence.vma
	pdtlb pdtlb,l pitlb pitlb,l fdc fic mtsp
	flushd flushi
	ocbp ocbwb
	tlbwi tlbwr tlbp
	invtlb
	ptlb
	pflush pflusha pflushan cpushl cpusha
	tlbi.alls tlbi.all tlbi.asids
	dhwb dhwbi ihi`

func isBarrier(words []string) bool {
	op := words[0]
	switch {
	case isWord(barriers, op) || isWord(upkeep, op):
		return true
	case op == "lock": // x86: lock addl $0,-4(%rsp)
		return len(words) == 3 && strings.HasPrefix(words[1], "addl") && strings.HasPrefix(words[2], "$0,")
	case op == "or": // powerpc: or 1,1,1 sets the priority of the thread
		return len(words) == 2 && strings.Count(words[1], words[1][:1]) == 3
	case op == "dc" || op == "ic": // arm64: what cleans, or drops instructions
		return len(words) > 1 && isWord("cvac, cvau, civac, cvap, ivau, iallu ialluis", words[1])
	case op == "tst": // arm: chooses by a constant whether the next one is run
		return len(words) == 3 && strings.HasSuffix(words[1], ",")
	case strings.HasPrefix(op, "mcr"):
		return armUpkeep(strings.Join(words[1:], ""))
	}
	return false
}

func isWord(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// armUpkeep reports whether operands of mcr are those of an operation on caches
// or translations that drops no data: p15, c7 without c6, which drops lines,
// and c8.
func armUpkeep(operands string) bool {
	list := strings.Split(operands, ",")
	return len(list) > 4 && list[0] == "p15" && (list[3] == "c8" || list[3] == "c7" && list[4] != "c6")
}
