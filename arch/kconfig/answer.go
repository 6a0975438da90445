package kconfig

// Allnoconfig returns the configuration in which every question that seed
// leaves open is answered n, as conf --allnoconfig does. A seed that is not
// nil is what KCONFIG_ALLCONFIG names; nil is none. Results and errors are
// those of Olddefconfig.
func (k *Kconfig) Allnoconfig(seed Assignments) (*Config, []Warning, error) {
	return k.answerAll(seed, func(*Symbol) Tri { return No })
}

// Allyesconfig is Allnoconfig with the answer y.
func (k *Kconfig) Allyesconfig(seed Assignments) (*Config, []Warning, error) {
	return k.answerAll(seed, func(*Symbol) Tri { return Yes })
}

// Allmodconfig is Allnoconfig with the answer m, which is y to a question
// that does not know m.
func (k *Kconfig) Allmodconfig(seed Assignments) (*Config, []Warning, error) {
	return k.answerAll(seed, func(*Symbol) Tri { return Mod })
}

// Alldefconfig answers what seed leaves open with Kconfig's defaults, as
// conf --alldefconfig does. Unlike Olddefconfig it keeps, before linux 6.11, a
// number outside its range at the nearer bound.
func (k *Kconfig) Alldefconfig(seed Assignments) (*Config, []Warning, error) {
	return k.answerAll(seed, nil)
}

func (k *Kconfig) answerAll(seed Assignments, answer func(*Symbol) Tri) (*Config, []Warning, error) {
	ev := k.newEvaluation()
	ev.assign(seed)
	if answer != nil {
		ev.answerNew(seed == nil, answer)
	}
	ev.computeAll()
	return ev.config()
}

// answerNew gives every bool and tristate symbol without a value one. In a
// tree with choice symbols those are answered too, but only without a seed:
// reading one gives them a value.
func (ev *evaluation) answerNew(choices bool, answer func(*Symbol) Tri) {
	for _, s := range ev.k.symbols {
		if !s.isLogic() || s.quoted {
			continue
		}
		st := ev.of(s)
		old := ev.k.dialect.choiceSymbols
		switch {
		case s.group != nil && (!old || !choices):
			continue
		case s.group == nil && st.hasUser:
			continue
		case !old && (s.choiceValue || !s.HasPrompt()):
			continue
		}
		st.userTri, st.hasUser = answer(s), true
	}
}
