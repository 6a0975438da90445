package check

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"

	"ptreview/arch"
	"ptreview/arch/kbuild"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/flow"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// AuditRequest is a tree to run rules on as it stands, without a patch.
type AuditRequest struct {
	Version string
	Tree    tree.Tree
	Info    TreeInfo
	Archs   []*arch.Arch
	Unknown []string
	// Rules are run as far as they can judge a function by itself (Rule.Audit).
	Rules []*Rule
	// Configs are the configurations of each architecture to look at: names of
	// defconfigs, "defconfig" for the architecture's first one, "allyesconfig". Nil
	// stands for all of the architecture's and "allyesconfig".
	Configs []string
	Jobs    int // configurations read at the same time; 0 means 1
	// Progress is told before each file; it may be nil.
	Progress func(what string)
	Reader   *unit.Reader
}

// auditFolders are searched for files that have pointers to entries in their
// hands, besides the architecture's.
var auditFolders = []string{"mm", "fs", "kernel", "lib"}

// Audit runs the rules on every function of a tree that can map a page table. The
// error is about what leaves no report at all, as that of Review.
func Audit(ctx context.Context, req *AuditRequest) (*Report, error) {
	r := &review{
		Request: &Request{
			Version: req.Version, Series: SeriesInfo{Subject: "audit of a kernel as it stands"}, Tree: req.Info, Archs: req.Archs, Unknown: req.Unknown, Rules: req.Rules, Reader: req.Reader,
		},
		merged: make(map[string]*judged), coverage: make(map[string]*archCoverage),
	}
	store := facts.NewStore(req.Tree, req.Reader.Cache())
	r.stores = []*facts.Store{store}
	generic, err := req.files(store, ".c", hasTables, auditFolders...)
	if err != nil {
		return nil, err
	}
	headers, err := req.files(store, ".h", mapsTables, genericHeaders...)
	if err != nil {
		return nil, err
	}
	var jobs []*auditJob
	for _, a := range req.Archs {
		own, err := req.files(store, ".c", hasTables, "arch/"+a.Name)
		if err != nil {
			return nil, err
		}
		ownHeaders, err := req.files(store, ".h", mapsTables, "arch/"+a.Name)
		if err != nil {
			return nil, err
		}
		objects := kbuild.NewObjects(req.Tree, a.Name)
		for _, config := range req.configs(a) {
			jobs = append(jobs, &auditJob{
				AuditRequest: req, review: r, arch: a, config: config,
				candidates: slices.Concat(own, generic), objects: objects,
				headers: slices.Concat(ownHeaders, headers), judged: make(map[string]bool), store: store,
			})
		}
	}
	err = inParallel(ctx, max(req.Jobs, 1), jobs, func(j *auditJob) error {
		if err := j.run(ctx); err != nil {
			return fmt.Errorf("%s %s: %w", j.arch.Name, j.config, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range req.Unknown {
		r.notRunEverywhere(name, "nothing is known of this architecture")
	}
	for _, j := range jobs {
		j.collect()
	}
	return r.report(ctx), nil
}

// files returns the files below folders that end in ext and have a text of a
// kind, by path.
func (req *AuditRequest) files(store *facts.Store, ext string, has func(text []byte) bool, folders ...string) ([]string, error) {
	var list []string
	for _, folder := range folders {
		all, err := store.List(folder, ext)
		if err != nil {
			return nil, err
		}
		for _, file := range all {
			data, err := source.ReadShared(req.Tree, file)
			if err != nil {
				return nil, err
			}
			if has(data) {
				list = append(list, file)
			}
		}
	}
	return list, nil
}

func (req *AuditRequest) configs(a *arch.Arch) []string {
	if req.Configs != nil {
		return req.Configs
	}
	return append(slices.Clone(a.Defconfigs), "allyesconfig")
}

// auditJob is one configuration of one architecture.
type auditJob struct {
	*AuditRequest
	review     *review
	arch       *arch.Arch
	config     string
	candidates []string        // C files to judge, as far as the configuration compiles them
	headers    []string        // whose functions are judged in C files that include them
	judged     map[string]bool // functions of headers, as path#name, and headers that were included
	store      *facts.Store
	objects    *kbuild.Objects
	class      *unit.Class
	skipped    string // why the configuration was not looked at
	passes     []*Pass
}

func (j *auditJob) run(ctx context.Context) error {
	reader := j.Reader.Leaving(flow.Opaque()...)
	var err error
	if j.class, err = j.open(reader); err != nil {
		j.skipped = err.Error()
		return nil
	}
	defer reader.ForgetClass(j.class)
	for _, rule := range j.Rules {
		p := j.review.pass(ctx, rule, 0)
		p.audit = true
		j.passes = append(j.passes, p)
	}
	var flows *flowing
	read := 0
	for _, file := range j.candidates {
		if flows == nil || reader.Units()-read > maxUnitsKept {
			reader.ForgetUnits(j.Tree, j.class)
			flows, read = newFlowing(ctx, facts.NewProgram(reader, j.Tree, j.class, j.objects), j.review.sleepers.of(j.store, j.arch.Name)), reader.Units()
		}
		compiles, err := j.compiles(flows.prog, file)
		if err != nil {
			return err
		}
		if !compiles {
			continue
		}
		if j.Progress != nil {
			j.Progress(j.arch.Name + " " + j.config + " " + file)
		}
		if err := j.file(ctx, flows, file); err != nil {
			return err
		}
	}
	return j.unincluded(ctx, newFlowing(ctx, facts.NewProgram(reader, j.Tree, j.class, j.objects), j.review.sleepers.of(j.store, j.arch.Name)))
}

// compiles reports whether the configuration compiles a C file by itself. One that
// no Makefile lists is taken for compiled, unless another C file of its folder
// includes it: then it is judged there.
func (j *auditJob) compiles(prog *facts.TreeProgram, file string) (bool, error) {
	if built, listed := prog.Built(file); listed {
		return built, nil
	}
	files, err := j.store.List(path.Dir(file), ".c")
	if err != nil {
		return false, err
	}
	include := []byte(`"` + path.Base(file) + `"`)
	for _, other := range files {
		data, err := source.ReadShared(j.Tree, other)
		if err != nil {
			return false, err
		}
		if bytes.Contains(data, include) {
			return false, nil
		}
	}
	return true, nil
}

// unincluded judges the functions of headers that no candidate includes, in C
// files of the architecture that do.
func (j *auditJob) unincluded(ctx context.Context, flows *flowing) error {
	folders := []string{"arch/" + j.arch.Name + "/mm", "arch/" + j.arch.Name + "/kernel", "mm"}
	for _, header := range j.headers {
		tried := 0
		for _, folder := range folders {
			files, err := j.store.List(folder, ".c")
			if err != nil {
				return err
			}
			for _, file := range files {
				if j.judged[header] || tried == maxUsers {
					break
				}
				data, err := source.ReadShared(j.Tree, file)
				if err != nil {
					return err
				}
				if !bytes.Contains(data, []byte("/"+path.Base(header)+">")) || !flows.prog.Compiles(file) {
					continue
				}
				tried++
				if err := j.file(ctx, flows, file); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// maxUnitsKept bounds the units that are in memory for one configuration; a unit
// takes some tens of megabytes.
const maxUnitsKept = 25

// open makes the class of the configuration.
func (j *auditJob) open(reader *unit.Reader) (*unit.Class, error) {
	name := j.config
	switch name {
	case "allyesconfig":
		k, err := reader.Kconfig(j.Tree, j.arch)
		if err != nil {
			return nil, err
		}
		full, _, err := k.Allyesconfig(nil)
		if err != nil {
			return nil, err
		}
		return unit.NewClass(name, j.arch, full)
	case "defconfig":
		name = j.arch.Defconfigs[0]
	}
	c, _, err := reader.DefconfigClass(j.Tree, j.arch, name, nil)
	return c, err
}

// hasTables reports whether a text maps tables, or has pointers to entries.
func hasTables(text []byte) bool {
	return mapsTables(text) || hasOneOf(text, "pte_t *", "pmd_t *", "pud_t *", "p4d_t *")
}

// mapsTables reports whether a text names what maps tables or holds maps. Those of
// huge pages are none, and an architecture may map them by mistake.
func mapsTables(text []byte) bool {
	return hasOneOf(text,
		"pte_offset_map", "pte_unmap", "pte_alloc_map", "get_locked_pte", "follow_pte",
		"page_vma_mapped", "pte_lockptr", "vmf->pte", "huge_pte_offset", "huge_pte_alloc", flow.EnterLazy,
	)
}

func hasOneOf(text []byte, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return bytes.Contains(text, []byte(word)) })
}

// file judges the functions of a C file.
func (j *auditJob) file(ctx context.Context, flows *flowing, file string) error {
	u, err := flows.prog.Read(ctx, file)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, p := range j.passes {
			p.NotRun(file + " cannot be read in this class: " + err.Error())
		}
		return nil
	}
	for _, in := range u.Cpp.Includes {
		j.judged[in.File().Path] = true
	}
	for def := range u.File.Functions() {
		name, where := u.Cpp.Names.String(def.Name), pathOf(u, def)
		if !j.isCandidate(file, where, name) || !spells(u, def.First, def.Close, names.IsTableWord) {
			continue
		}
		o := u.Types.Lookup(name)
		if o == nil || o.Def == nil {
			continue
		}
		e := &Entry{Path: where, Unit: file, Name: name, After: &facts.Function{Name: name, Unit: u, Def: o.Def}}
		var f *Followed
		if spells(u, def.First, def.Close, names.IsEntryWord) {
			run, err := flows.Run(u, o.Def)
			if err != nil {
				return err
			}
			f = &Followed{run, e, flows.Analysis}
		}
		for _, p := range j.passes {
			p.Rule.Audit(p, e, f)
		}
	}
	return nil
}

// isCandidate reports whether a function that a C file has is to be judged there:
// its own, or one of a header or C file that it includes and that was not judged
// before.
func (j *auditJob) isCandidate(file, where, name string) bool {
	if where == file {
		return true
	}
	key := where + "#" + name
	if !slices.Contains(j.headers, where) && path.Ext(where) != ".c" || j.judged[key] {
		return false
	}
	j.judged[key] = true
	return true
}

// collect records what a job found.
func (j *auditJob) collect() {
	r := j.review
	if j.skipped != "" {
		r.gaps = append(r.gaps, Gap{Arch: j.arch.Name, What: j.config, Reason: j.skipped})
		return
	}
	c := r.archCoverage(j.arch.Name)
	c.classes = append(c.classes, ClassInfo{ID: j.config, Base: j.config, Fragment: []string{}})
	for _, p := range j.passes {
		for i := range p.findings {
			p.findings[i].Where = []Where{{Class: j.arch.Name + " " + j.config, Fragment: []string{}}}
			p.findings[i].New = false
		}
		r.record(unitKey{rule: p.Rule.Name, arch: j.arch.Name, class: j.config}, len(p.findings), p.notRun)
		r.merge(p.findings, nil)
	}
}
