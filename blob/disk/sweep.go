package disk

import (
	"path"
	"time"
)

const (
	// draftAge is when a draft that nobody writes to is of a process that died.
	draftAge = 24 * time.Hour
	// sweepEvery is how often a store looks for them.
	sweepEvery = time.Hour
)

// sweep takes away the drafts of processes that died, now and then.
func (s *Store) sweep() {
	last := s.swept.Load()
	if time.Now().Unix()-last >= int64(sweepEvery/time.Second) && s.swept.CompareAndSwap(last, time.Now().Unix()) {
		s.sweepNow()
	}
}

// sweepNow is no reason to fail: what it leaves, the next one takes.
func (s *Store) sweepNow() {
	s.swept.Store(time.Now().Unix())
	folder, err := s.root.Open(temp)
	if err != nil {
		return
	}
	defer folder.Close()
	for {
		entries, err := folder.ReadDir(readSize)
		for _, e := range entries {
			s.sweepDraft(path.Join(temp, e.Name()))
		}
		if err != nil {
			return
		}
	}
}

func (s *Store) sweepDraft(name string) {
	if info, err := s.root.Lstat(name); err == nil && time.Since(info.ModTime()) > draftAge {
		_ = s.root.RemoveAll(name) // see sweepNow
	}
}
