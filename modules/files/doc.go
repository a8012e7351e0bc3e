// Package files takes files in, checks them, counts them, keeps them for the module that
// owns them, and lets them be read.
//
//	slipway.Main(…, files.New())
//
// A module declares what may be uploaded for it; see package filesapi.
//
// Quotas count the bytes that were uploaded. What module files makes of them, a variant or an
// image that was encoded anew, is the product's decision and not counted.
//
// # Not guaranteed
//
// A signed link cannot be revoked: it lasts for the time that it says, or until its file is
// deleted. All of them end when the row of the table signing is deleted while no process of the
// module runs; the next one makes another key.
package files
