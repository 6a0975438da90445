package cpp

func gccAttribute(name string) bool { return false }
func gccBuiltin(name string) bool   { return false }
