package unit

import (
	"fmt"
	"io/fs"

	"ptreview/arch"
	"ptreview/arch/kconfig"
)

// Class is the configuration a unit is read in. It is immutable.
type Class struct {
	// ID names the class in reports: "ppc64_defconfig+PPC_4K_PAGES".
	ID      string
	Arch    *arch.Arch
	Variant *arch.Variant
	Config  *kconfig.Config
	// Generated holds the headers of a real build, the O= folder it was made
	// in; nil means that they are made from the tree.
	Generated fs.FS

	autoconf []byte
}

// NoVariantError says that a configuration is for no target that is known.
type NoVariantError struct {
	ID   string
	Arch string
}

func (e *NoVariantError) Error() string {
	return fmt.Sprintf("configuration %s selects no variant of architecture %s that is known", e.ID, e.Arch)
}

// NewClass returns the class of a full configuration of a. The error is a
// *NoVariantError.
func NewClass(id string, a *arch.Arch, config *kconfig.Config) (*Class, error) {
	c := &Class{ID: id, Arch: a, Config: config, autoconf: config.Autoconf()}
	c.Variant = a.Variant(c.Value)
	if c.Variant == nil {
		return nil, &NoVariantError{ID: id, Arch: a.Name}
	}
	return c, nil
}

// Value returns what .config has for a symbol without its CONFIG_ prefix: "y",
// "m", "" when it is n or not written, else its text without quotes.
func (c *Class) Value(symbol string) string {
	v := c.Config.Value(symbol)
	if !v.Written || v.Text == "n" {
		return ""
	}
	return v.Text
}

// Machines returns the machines the class's kernel can run on.
func (c *Class) Machines() []*arch.Machine { return c.Arch.MachinesOf(c.Value) }
