// Package treetext draws trees of what happened for a terminal: the branches, and texts
// that must fit into a line, statements of SQL among them.
package treetext
