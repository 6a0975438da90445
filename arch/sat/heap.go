package sat

// heap orders variables by activity, the highest first; of equal ones, the
// lower number first.
type heap struct {
	list []Var
	at   []int32 // by variable: index in list, -1 when not in it
}

func (h *heap) empty() bool { return len(h.list) == 0 }

// add makes room for one more variable, which is not in the heap yet.
func (h *heap) add() { h.at = append(h.at, -1) }

func before(a, b Var, activity []float64) bool {
	if activity[a] != activity[b] {
		return activity[a] > activity[b]
	}
	return a < b
}

func (h *heap) push(v Var, activity []float64) {
	if h.at[v] >= 0 {
		return
	}
	h.at[v] = int32(len(h.list))
	h.list = append(h.list, v)
	h.up(v, activity)
}

// up moves v towards the top after its activity rose.
func (h *heap) up(v Var, activity []float64) {
	i := h.at[v]
	if i < 0 {
		return
	}
	for i > 0 {
		parent := (i - 1) / 2
		if !before(v, h.list[parent], activity) {
			break
		}
		h.set(i, h.list[parent])
		i = parent
	}
	h.set(i, v)
}

func (h *heap) set(i int32, v Var) { h.list[i], h.at[v] = v, i }

func (h *heap) pop(activity []float64) Var {
	top := h.list[0]
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	h.at[top] = -1
	if len(h.list) == 0 {
		return top
	}
	i := int32(0)
	for {
		child := 2*i + 1
		if int(child) >= len(h.list) {
			break
		}
		if int(child)+1 < len(h.list) && before(h.list[child+1], h.list[child], activity) {
			child++
		}
		if !before(h.list[child], last, activity) {
			break
		}
		h.set(i, h.list[child])
		i = child
	}
	h.set(i, last)
	return top
}
