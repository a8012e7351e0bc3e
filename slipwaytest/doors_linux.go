package slipwaytest

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// doors are the TCP addresses on which this process listens.
func doors() (addresses []string, known bool) {
	mine, err := ownSockets()
	if err != nil {
		return nil, false
	}
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		addresses = append(addresses, listening(table, mine)...)
	}
	return addresses, true
}

// ownSockets are the inodes of the process's sockets.
func ownSockets() (map[string]bool, error) {
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	inodes := map[string]bool{}
	for _, e := range entries {
		target, _ := os.Readlink(filepath.Join(folder, e.Name())) // closed meanwhile
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return inodes, nil
}

// listening reads a table as proc(5) describes it: local address, remote address,
// state, …, inode.
func listening(table string, mine map[string]bool) []string {
	f, err := os.Open(table)
	if err != nil {
		return nil // a system without IPv6
	}
	defer f.Close()
	const local, state, inode = 1, 3, 9
	var all []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		columns := strings.Fields(lines.Text())
		if len(columns) > inode && columns[state] == "0A" && mine[columns[inode]] {
			all = append(all, address(columns[local]))
		}
	}
	return all
}

// address reads 0100007F:1F90: words of four bytes in the machine's order.
func address(text string) string {
	host, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(host)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil {
		return text
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	return net.JoinHostPort(net.IP(b).String(), fmt.Sprint(n))
}
