package check

import (
	"context"
	"sync"
)

// inParallel does something with each of a list, some at a time. The error is
// that of the first of the list that has one, whichever fails first, or the end
// of ctx.
func inParallel[T any](ctx context.Context, atOnce int, list []T, do func(T) error) error {
	next := make(chan int)
	errs := make([]error, len(list))
	var crew sync.WaitGroup
	for range atOnce {
		crew.Go(func() {
			for i := range next {
				errs[i] = do(list[i])
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	crew.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
