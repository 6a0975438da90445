package history

import "sync"

// recent remembers values by key up to a total weight. It has two
// generations: when the young one is half the total, the old one goes.
type recent[K comparable, T any] struct {
	mu         *sync.Mutex
	half       int
	weigh      func(T) int
	young, old map[K]T
	weight     int // of young
}

func newRecent[K comparable, T any](total int, weigh func(T) int) recent[K, T] {
	return recent[K, T]{mu: new(sync.Mutex), half: total / 2, weigh: weigh, young: make(map[K]T)}
}

func (c *recent[K, T]) get(key K) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.young[key]; ok {
		return v, true
	}
	v, ok := c.old[key]
	if ok {
		c.add(key, v)
	}
	return v, ok
}

func (c *recent[K, T]) put(key K, v T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[key]; !ok {
		c.add(key, v)
	}
}

func (c *recent[K, T]) add(key K, v T) {
	weight := c.weigh(v)
	if c.weight+weight > c.half {
		c.old, c.young, c.weight = c.young, make(map[K]T), 0
	}
	c.young[key] = v
	c.weight += weight
}
