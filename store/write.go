package store

import "context"

// job is one caller's part of a commit. It is run again, alone, if another part of its commit
// failed, so it sets its results anew each time.
type job struct {
	do   func(context.Context) error
	done chan struct{} // closed once err is final
	err  error
}

// write runs do within a transaction of the writing connection and returns when it is durable.
// Callers that come while a commit is under way share the next one: the first to get the turn
// writes for all who wait, because one fsync costs as much as a hundred rows.
//
// A caller whose ctx ends while it still waits is certain that nothing was written. Once its
// commit has begun it gets that commit's result, since the others' facts are in it too; SQLite's
// busy timeout bounds this wait.
func (s *Store) write(ctx context.Context, doing string, do func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return s.explain(doing, err)
	}
	j := &job{do: do, done: make(chan struct{})}
	if !s.enqueue(j) {
		return &Error{Path: s.path, Doing: doing, Kind: ErrClosed}
	}
	select {
	case <-j.done:
	case s.turn <- struct{}{}:
		s.commit(s.take())
		<-s.turn
		<-j.done
	case <-ctx.Done():
		if s.withdraw(j) {
			return s.explain(doing, ctx.Err())
		}
		<-j.done
	}
	return s.explain(doing, j.err)
}

func (s *Store) enqueue(j *job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.queue = append(s.queue, j)
	return true
}

// take empties the queue.
func (s *Store) take() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.queue
	s.queue = nil
	return batch
}

// withdraw takes j out of the queue, and returns false if a commit already has it.
func (s *Store) withdraw(j *job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, waiting := range s.queue {
		if waiting == j {
			s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
			return true
		}
	}
	return false
}

// commit writes a batch. The caller has the turn.
func (s *Store) commit(batch []*job) {
	if len(batch) == 0 {
		return
	}
	err := s.transact(batch)
	if err != nil && len(batch) == 1 {
		batch[0].err = err
	} else if err != nil {
		// One caller's trouble must not take the others' facts with it.
		for i := range batch {
			batch[i].err = s.transact(batch[i : i+1])
		}
	}
	for _, j := range batch {
		close(j.done)
	}
}

// transact runs a batch in one transaction, whole or not at all. It has no caller's context,
// because it may work for many.
func (s *Store) transact(batch []*job) error {
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, j := range batch {
		if err := j.do(ctx); err != nil {
			s.rollback(ctx)
			return err
		}
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	if err != nil {
		s.rollback(ctx)
	}
	return err
}

// rollback undoes the transaction. SQLite has done so itself after some errors, a full disk among
// them, and then says that there is none: that is the only error it can give.
func (s *Store) rollback(ctx context.Context) {
	_, _ = s.conn.ExecContext(ctx, "ROLLBACK")
}
