package class

import "testing"

func TestFormulaString(t *testing.T) {
	a, b, c := Atom("CONFIG_A"), Atom("CONFIG_B"), Atom("CONFIG_C")
	tests := []struct {
		name string
		f    Formula
		want string
	}{
		{"and", And(a, b), "CONFIG_A && CONFIG_B"},
		{"or under and", And(a, Or(b, c)), "CONFIG_A && (CONFIG_B || CONFIG_C)"},
		{"not", Not(Or(a, b)), "!(CONFIG_A || CONFIG_B)"},
		{"double not", Not(Not(a)), "CONFIG_A"},
		{"true", And(), "always"},
		{"contradiction", And(a, Not(a)), "never"},
		{"tautology", Or(a, Not(a)), "always"},
		{"absorbed", Or(a, And(a, b)), "CONFIG_A"},
		{"repeat", And(a, a, True()), "CONFIG_A"},
		{"minimal", Or(And(a, b), And(a, Not(b))).Minimal(), "CONFIG_A"},
		{"minimal xor", Or(And(a, Not(b)), And(b, Not(a))).Minimal(), "(CONFIG_A && !CONFIG_B) || (!CONFIG_A && CONFIG_B)"},
	}
	for _, tt := range tests {
		if got := tt.f.String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestFormulaEval(t *testing.T) {
	a, b := Atom("CONFIG_A"), Atom("X > 1")
	value := func(atom string) Truth {
		if atom == "CONFIG_A" {
			return Yes
		}
		return Unknown
	}
	tests := []struct {
		f    Formula
		want Truth
	}{
		{And(a, b), Unknown}, {Or(a, b), Yes}, {Not(b), Unknown}, {And(Not(a), b), No},
	}
	for _, tt := range tests {
		if got := tt.f.Eval(value); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.f, got, tt.want)
		}
	}
}
