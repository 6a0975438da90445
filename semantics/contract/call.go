package contract

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Call is how a function is called with arguments that are not known.
type Call struct {
	Name   string
	Params []Param
}

// Param is one of its parameters. An entry of a table has a Level; one that is
// passed by address is an entry that the function may write to.
type Param struct {
	Type    string // without the * of Address
	Level   string // "pte"; "" if it is no entry
	Address bool
}

// levels are those whose entries have types of their own.
var levels = []string{"pte", "pmd", "pud", "p4d", "pgd"}

// CallOf returns how the function def of a unit is called. The reason says why
// it cannot be, "" if it can.
func CallOf(u *unit.Unit, def *syntax.FuncDef) (c *Call, reason string) {
	o := u.Types.Lookup(def.Name)
	if o == nil || o.Def != def {
		return nil, def.Name + "() is not the function of its unit"
	}
	t, ok := types.Unqual(o.Type).(*types.Func)
	if !ok || t.Variadic {
		return nil, def.Name + "() takes a variable number of arguments"
	}
	c = &Call{Name: def.Name}
	for i, p := range t.Params {
		q, ok := param(def.Type.Params[i].Type, p.Type)
		if !ok {
			return nil, "it takes a " + syntax.TypeString(def.Type.Params[i].Type)
		}
		c.Params = append(c.Params, q)
	}
	return c, ""
}

// param reads a parameter: an entry or its address, the mm, a number, or what
// else has no more than a register or two.
func param(x syntax.TypeExpr, t types.Type) (Param, bool) {
	stars := 0
	for {
		switch y := x.(type) {
		case *syntax.Qualified:
			x = y.Elem
			continue
		case *syntax.Pointer:
			stars++
			x = y.Elem
			continue
		}
		break
	}
	p := Param{Type: syntax.TypeString(x), Address: stars == 1}
	if level, ok := strings.CutSuffix(p.Type, "_t"); ok && slices.Contains(levels, level) {
		p.Level = level
		return p, stars < 2
	}
	switch {
	case stars == 1 && p.Type == "struct mm_struct":
		return p, true
	case stars > 0:
		return p, false
	}
	switch y := types.Unqual(t).(type) {
	case *types.Basic:
		return p, y.Kind != types.Void && y.Kind < types.Float
	case *types.Enum:
		return p, true
	case *types.Record:
		return p, y.Size() > 0 && y.Size() <= 16
	}
	return p, false
}

// MacroCall returns how a macro that has a level in its name is called, as far
// as both provers understand it so: with entries, their addresses, or numbers;
// one that has swap in its name with what an entry of swap says.
func MacroCall(name string, params int, before, after *Prover) *Call {
	kinds := macroKinds(name)
	if kinds == nil || params == 0 || params > 3 {
		return nil
	}
	total := 1
	for range params {
		total *= len(kinds)
	}
	for n := range total {
		c := &Call{Name: name}
		for range params {
			c.Params = append(c.Params, kinds[n%len(kinds)])
			n /= len(kinds)
		}
		if before.Understands(c) && after.Understands(c) {
			return c
		}
	}
	return nil
}

func macroKinds(name string) []Param {
	if strings.HasPrefix(PublicName(name), "swp_") {
		return []Param{{Type: swapEntry}, {Type: "unsigned long"}}
	}
	level := LevelOf(name)
	if level == "" {
		return nil
	}
	return []Param{
		{Type: level + "_t", Level: level},
		{Type: "unsigned long"},
		{Type: level + "_t", Level: level, Address: true},
		{Type: "struct mm_struct", Address: true},
	}
}

// PublicName is the name by which generic code calls a helper that an
// architecture has under its own: pmd_same for hash__pmd_same, swp_type for
// __swp_type.
func PublicName(name string) string {
	if _, rest, ok := strings.Cut(name, "__"); ok {
		return rest
	}
	return name
}

// LevelOf returns the level that a helper's name begins with, after what some
// architectures put before it: hash__pmd_same.
func LevelOf(name string) string {
	name = PublicName(name)
	for _, level := range levels {
		for _, next := range []string{"_", "p_"} {
			if strings.HasPrefix(name, level+next) {
				return level
			}
		}
	}
	return ""
}

// question asks what a call leaves behind: its value, and the entries it was
// given the address of. kinds, if not nil, are those of its entries.
func (c *Call) question(p *Prover, kinds choice) pagetable.Question {
	var q pagetable.Question
	var args []string
	entry := 0
	for i, param := range c.Params {
		name := fmt.Sprintf("arg%d", i+1)
		arg := name
		switch {
		case param.Level == "" && param.Address:
			arg = "&init_mm"
		case param.Level != "" && kinds != nil:
			p.recipe(param.Level).make(&q, name, kinds[entry])
			entry++
		default:
			q.Inputs = append(q.Inputs, pagetable.Input{Name: name, Type: param.Type})
		}
		if param.Level != "" && param.Address {
			arg = "&" + name
			q.Results = append(q.Results, name)
		}
		args = append(args, arg)
	}
	call := fmt.Sprintf("%s(%s)", c.Name, strings.Join(args, ", "))
	if p.isVoid(c) {
		q.Text = "({ " + call + "; 1; })"
		return q
	}
	q.Prepare += "typeof(" + call + ") result; "
	q.Text = "({ result = " + call + "; 1; })"
	q.Results = append(q.Results, "result")
	return q
}

// entries returns the level of a call's entries and their number; "" if there
// are none or they are of several levels.
func (c *Call) entries() (level string, n int) {
	for _, p := range c.Params {
		switch {
		case p.Level == "":
		case level == "" || level == p.Level:
			level = p.Level
			n++
		default:
			return "", 0
		}
	}
	return level, n
}

// declare is C text that declares the arguments.
func (c *Call) declare() (head, call string) {
	var args []string
	for i, p := range c.Params {
		name := fmt.Sprintf("arg%d", i+1)
		switch {
		case p.Level == "" && p.Address:
			args = append(args, "&init_mm")
			continue
		case p.Address:
			args = append(args, "&"+name)
		default:
			args = append(args, name)
		}
		head += p.Type + " " + name + "; "
	}
	return head, fmt.Sprintf("%s(%s)", c.Name, strings.Join(args, ", "))
}

// Understands reports whether the unit can make a call.
func (p *Prover) Understands(c *Call) bool {
	head, call := c.declare()
	return p.e.Understands(p.unit, "({ "+head+call+"; })")
}

// isVoid reports whether a call that the unit can make has no value.
func (p *Prover) isVoid(c *Call) bool {
	head, call := c.declare()
	return !p.e.Understands(p.unit, fmt.Sprintf("({ %stypeof(%s) result = %s; })", head, call, call))
}
