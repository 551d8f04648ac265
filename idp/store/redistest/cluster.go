// SPDX-License-Identifier: AGPL-3.0-or-later

package redistest

import (
	"strconv"
	"strings"
	"testing"
)

// slots is how many a Cluster has.
const slots = 16384

// Cluster is a Redis Cluster of three masters.
type Cluster struct{ Nodes [3]*Server }

// StartCluster starts a Cluster for the time of the test and returns when it
// serves.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	var bus [3]string
	for i := range c.Nodes {
		bus[i] = strconv.Itoa(freePort(t))
		c.Nodes[i] = Start(t, "--cluster-enabled", "yes", "--cluster-port", bus[i])
	}
	first := c.Nodes[0]
	for i, node := range c.Nodes {
		from, to := i*slots/3, (i+1)*slots/3-1
		node.must("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(from), strconv.Itoa(to))
		node.must("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if i > 0 {
			node.must("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(first.port), bus[0])
		}
	}
	for _, node := range c.Nodes {
		if err := await("the Cluster", node.knowsCluster); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// knowsCluster reports whether a node finds all slots served by all three.
func (s *Server) knowsCluster() bool {
	info, err := s.Do("CLUSTER", "INFO")
	return err == nil && strings.Contains(info, "cluster_state:ok") &&
		strings.Contains(info, "cluster_known_nodes:3") && strings.Contains(info, "cluster_slots_ok:16384")
}

// URL returns where the Cluster is.
func (c *Cluster) URL() string {
	return "redis+cluster://" + c.Nodes[0].Addr() + "," + c.Nodes[1].Addr()
}
