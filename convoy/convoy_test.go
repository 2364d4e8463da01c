package convoy_test

import (
	"runtime"
	"sync"
	"testing"

	"rowan/convoy"
)

type guest struct{ served, together int }

func TestThoseWhoComeMeanwhileGoTogetherAndEachIsServedOnce(t *testing.T) {
	held := make(chan struct{})
	begun := make(chan struct{})
	first := true
	var sizes []int
	c := convoy.New(func(all []*guest) {
		if first {
			first = false
			close(begun)
			<-held
		}
		sizes = append(sizes, len(all)) // without a lock: serve is never called twice at a time
		for _, g := range all {
			g.served++
			g.together = len(all)
		}
	})
	var group sync.WaitGroup
	guests := make([]guest, 11)
	group.Go(func() { c.Join(&guests[0]) })
	<-begun
	for i := 1; i < len(guests); i++ {
		group.Go(func() { c.Join(&guests[i]) })
	}
	for c.Waiting() < len(guests)-1 {
		runtime.Gosched()
	}
	close(held)
	group.Wait()
	for i, g := range guests {
		want := 10
		if i == 0 {
			want = 1
		}
		if g.served != 1 || g.together != want {
			t.Errorf("guest %d was served %d times, with %d", i, g.served, g.together)
		}
	}
	if len(sizes) != 2 {
		t.Errorf("convoys of %v", sizes)
	}
}

func TestNobodyIsLeftBehind(t *testing.T) {
	n := 0
	c := convoy.New(func(all []int) { n += len(all) })
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 200 {
				c.Join(1)
			}
		})
	}
	group.Wait()
	if n != 20*200 {
		t.Errorf("%d were served", n)
	}
}

// A panic reaches all who are on their way, and holds up nobody who comes later.
func TestAPanicTellsNobodyThatTheyWereServed(t *testing.T) {
	begun, held := make(chan struct{}), make(chan struct{})
	c := convoy.New(func(all []int) {
		switch all[0] {
		case 1:
			close(begun)
			<-held
		case 2:
			panic("lost")
		}
	})
	var group sync.WaitGroup
	group.Go(func() { c.Join(1) })
	<-begun
	const others = 5
	heard := make([]any, others)
	for i := range heard {
		group.Go(func() {
			defer func() { heard[i] = recover() }()
			c.Join(2)
		})
	}
	for c.Waiting() < others {
		runtime.Gosched()
	}
	close(held)
	group.Wait()
	for i := range heard {
		if heard[i] == nil {
			t.Errorf("%d takes it that it was served", i)
		}
	}
	c.Join(3)
}
