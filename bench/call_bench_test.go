package main

import (
	"os"
	"runtime/debug"
	"testing"
)

// The same as the section call, for profiles: go test -bench Call -cpuprofile cpu.out.
func BenchmarkCall(b *testing.B) {
	debug.SetGCPercent(400)
	log, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	local, loopback, stop, err := ways(b.Context(), log)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(stop)
	for name, w := range map[string]way{"local": local, "loopback": loopback} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime()
			for b.Loop() {
				if err := w.call(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}
