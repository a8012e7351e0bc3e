package main

import "context"

func measureShop(ctx context.Context, o options, t *table) error  { return nil }
func measureBuild(ctx context.Context, o options, t *table) error { return nil }
