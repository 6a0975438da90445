package unit

// Units returns how many units were read and are kept.
func (r *Reader) Units() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.units)
}
