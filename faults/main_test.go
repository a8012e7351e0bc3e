package faults_test

import (
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, product()...) }

func product() []slipway.Module { return []slipway.Module{newSource(), newSink(), newOther()} }
