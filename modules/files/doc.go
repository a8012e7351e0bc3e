// Package files takes files in, checks them, counts them, keeps them for the module that
// owns them, and lets them be read.
//
//	slipway.Main(…, files.New())
//
// A module declares what may be uploaded for it; see package filesapi.
package files
