package main

import (
	"context"

	"seedtest"
	"seedtest/store"
)

// newestRun reads the newest run of a store as it was when its last fact was stored.
func newestRun(path string) (seedtest.Run, error) {
	ctx := context.Background()
	s, err := store.Open(ctx, path)
	if err != nil {
		return seedtest.Run{}, err
	}
	defer s.Close()
	id, err := s.Find(ctx, "last")
	if err != nil {
		return seedtest.Run{}, err
	}
	facts, err := s.Facts(ctx, id)
	return seedtest.Fold(facts, seedtest.AsOf(facts)), err
}
