package class

import (
	"strings"

	"ptreview/arch/kconfig"
)

// Under returns the class that the lines of c, one of ch's, make under the
// Kconfig of another version of the tree. It is nil where that version builds
// nothing from them.
func (ch *Chooser) Under(kc *kconfig.Kconfig, c *Class) (*Class, error) {
	extra, err := kconfig.ParseConfig(strings.NewReader(strings.Join(c.Extra, "\n")+"\n"), "fragment")
	if err != nil {
		return nil, err
	}
	for _, b := range ch.bases {
		if b.name != c.Base {
			continue
		}
		cfg, _, err := kc.Olddefconfig(kconfig.Merge(b.lines, extra))
		if err != nil {
			return nil, err
		}
		if under := ch.class(b, c.Extra, cfg); under.Variant != nil {
			under.Needs = c.Needs
			return under, nil
		}
	}
	return nil, nil
}
