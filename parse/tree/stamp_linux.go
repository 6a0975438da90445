package tree

import "syscall"

// stampOf returns the stamp of a regular file, and whether there is one.
func stampOf(file string) (stamp, bool) {
	var st syscall.Stat_t
	if err := syscall.Lstat(file, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return stamp{}, false
	}
	return stamp{
		size: st.Size, modified: st.Mtim.Nano(), changed: st.Ctim.Nano(),
		inode: st.Ino, device: uint64(st.Dev),
	}, true
}
