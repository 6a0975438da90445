package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/semantics/facts"
)

type classesCmd struct {
	Helpers []string `arg:"" optional:"" name:"helper" help:"Helpers whose definitions tell the classes apart: pmd_same."`
	Tree    string   `help:"Kernel source tree." placeholder:"DIR"`
	Git     string   `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	archFlags
	Limit  int    `help:"Most classes of one architecture." default:"64" placeholder:"N"`
	Format string `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help is shown by ptreview classes --help.
func (*classesCmd) Help() string {
	return `Which configurations of each architecture differ in the definition of a helper
that is in force. Each class is shown by its nearest configuration: a
defconfig, and what to put on top of it. Kconfig itself proves that there are
no others, unless the last lines say so. A class that needs EXPERT,
COMPILE_TEST or BROKEN says so too.

Examples:
  ptreview classes pmd_same pud_leaf --tree linux/
  ptreview classes pmd_same --tree linux/ --arch powerpc --format json`
}

// classesReport is the JSON form.
type classesReport struct {
	Schema  string        `json:"schema"`
	Classes []shownClass  `json:"classes"`
	Open    []openClasses `json:"open"`
}

// shownClass is one class.
type shownClass struct {
	Arch     string        `json:"arch"`
	ID       string        `json:"id"`
	Variant  string        `json:"variant"`
	Base     string        `json:"base"`
	Fragment []string      `json:"fragment"` // on top of Base
	Needs    []string      `json:"needs"`    // of EXPERT, COMPILE_TEST, BROKEN
	InForce  []shownHelper `json:"in_force"`
}

// shownHelper is the definition of a helper in one class. Place is empty where
// there is none.
type shownHelper struct {
	Helper  string `json:"helper"`
	Place   string `json:"place"`
	Meaning string `json:"meaning"`
	// Certain is false where macros decide that are no matter of Kconfig.
	Certain bool `json:"certain"`
}

// openClasses says why there may be more classes of an architecture.
type openClasses struct {
	Arch   string `json:"arch"`
	Reason string `json:"reason"`
}

func (c *classesCmd) Run(s streams) error {
	base, err := openBase(c.Tree, c.Git)
	if err != nil {
		return err
	}
	known, err := c.load()
	if err != nil {
		return err
	}
	archs, unknown, err := archsOf(base, known, c.Arch)
	if err != nil {
		return err
	}
	definers := newDefiners(base)
	r := classesReport{Schema: "ptreview.classes/v1", Classes: []shownClass{}, Open: []openClasses{}}
	for _, name := range unknown {
		r.Open = append(r.Open, openClasses{name, "the architecture is not known"})
	}
	p := newProgress(s.err)
	defer p.Done()
	for i, a := range archs {
		p.Show(shareOf(i, len(archs), 0), a.Name)
		if err := c.arch(&r, definers, a); err != nil {
			r.Open = append(r.Open, openClasses{a.Name, err.Error()})
		}
	}
	p.Done()
	if c.Format == "json" {
		err = encode(s.out, r)
	} else {
		err = r.write(s)
	}
	if err == nil && len(r.Open) > 0 {
		return &statusError{status: exitIncomplete}
	}
	return err
}

// arch adds the classes of one architecture.
func (c *classesCmd) arch(r *classesReport, definers *definers, a *arch.Arch) error {
	d, err := definers.of(a.Name)
	if err != nil {
		return err
	}
	if err := definers.ask(d, a); err != nil {
		return err
	}
	found := make([][]facts.Located, len(c.Helpers))
	var conditions []class.Formula
	for i, name := range c.Helpers {
		if found[i], err = d.definitions(name); err != nil {
			return err
		}
		for _, l := range found[i] {
			conditions = append(conditions, l.When)
		}
	}
	list, complete, err := d.chooser.Enumerate(conditions, c.Limit)
	if err != nil {
		return err
	}
	if !complete {
		r.Open = append(r.Open, openClasses{a.Name, fmt.Sprintf("there may be more than the %d classes shown", len(list))})
	}
	for _, cl := range list {
		shown := shownClass{
			Arch: a.Name, ID: cl.ID, Variant: cl.Variant.Name, Base: cl.Base,
			Fragment: append([]string{}, cl.Extra...), Needs: append([]string{}, cl.Needs...), InForce: []shownHelper{},
		}
		for i, name := range c.Helpers {
			shown.InForce = append(shown.InForce, d.inForce(cl, name, found[i]))
		}
		r.Classes = append(r.Classes, shown)
	}
	return nil
}

// inForce returns the definition of a helper that a class has: one that
// certainly holds, else the first that may.
func (d *definer) inForce(c *class.Class, name string, found []facts.Located) shownHelper {
	out := shownHelper{Helper: name, Certain: true}
	for _, l := range found {
		truth := l.When.Eval(c.Truth)
		if truth == class.No || truth == class.Unknown && out.Place != "" {
			continue
		}
		out = shownHelper{name, fmt.Sprintf("%s:%d", l.Path, l.First), d.Meaning(l).Text, truth == class.Yes}
		if truth == class.Yes {
			break
		}
	}
	return out
}

func (r *classesReport) write(s streams) error {
	head := []string{"class", "needs"}
	if len(r.Classes) > 0 {
		for _, h := range r.Classes[0].InForce {
			head = append(head, h.Helper)
		}
	}
	t := table{head}
	for _, c := range r.Classes {
		row := []string{c.ID, dash(strings.Join(c.Needs, " "))}
		for _, h := range c.InForce {
			row = append(row, h.cell())
		}
		t = append(t, row)
	}
	if err := t.write(s.out); err != nil {
		return err
	}
	for _, o := range r.Open {
		if _, err := fmt.Fprintf(s.out, "%s: %s\n", o.Arch, o.Reason); err != nil {
			return err
		}
	}
	return nil
}

func (h shownHelper) cell() string {
	if h.Place == "" {
		return "-"
	}
	text := h.Place + " (" + h.Meaning + ")"
	if !h.Certain {
		text += " perhaps"
	}
	return text
}

type configWriteCmd struct {
	Class string `help:"The class, as reports name it: powerpc/ppc64_defconfig+PPC_4K_PAGES." required:"" placeholder:"ID"`
	Tree  string `help:"Kernel source tree." placeholder:"DIR"`
	Git   string `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	// ArchData is as in archFlags; the architecture is in the ID.
	ArchData []string `help:"Data file of a further architecture, or of a known one that it replaces." placeholder:"FILE" sep:"none"`
	Output   string   `short:"o" help:"File to write instead of standard output." placeholder:"FILE"`
}

// Help is shown by ptreview config write --help.
func (*configWriteCmd) Help() string {
	return `Writes the configuration that stands for a class, which the tree's own
"make olddefconfig" keeps as it is.

Examples:
  ptreview config --class powerpc/ppc64_defconfig+PPC_4K_PAGES --tree linux/ \
      -o .config`
}

func (c *configWriteCmd) Run(s streams) error {
	base, err := openBase(c.Tree, c.Git)
	if err != nil {
		return err
	}
	flags := archFlags{ArchData: c.ArchData}
	known, err := flags.load()
	if err != nil {
		return err
	}
	a, err := namedArch(known, class.ArchOf(c.Class))
	if err != nil {
		return err
	}
	cl, err := classByID(base, a, c.Class)
	if err != nil {
		return err
	}
	if c.Output == "" {
		return cl.Config.Write(s.out)
	}
	f, err := os.Create(c.Output)
	if err != nil {
		return err
	}
	return errors.Join(cl.Config.Write(f), f.Close())
}

func classByID(base fs.FS, a *arch.Arch, id string) (*class.Class, error) {
	kc, err := kconfig.Load(base, a.Name, kconfig.Env{})
	if err != nil {
		return nil, err
	}
	chooser, err := class.NewChooser(base, a, kc)
	if err != nil {
		return nil, err
	}
	return chooser.ByID(id)
}
