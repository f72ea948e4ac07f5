package lan

import (
	"errors"
	"net"
	"net/netip"
)

// ErrNone says that this machine is in no local network with IPv4.
var ErrNone = errors.New("lan: no address in a local network")

// Address returns the first address that others in the local network can
// reach (RFC 1918). all lists the machine's addresses, the likeliest first;
// nil means Own.
func Address(all func() ([]netip.Addr, error)) (netip.Addr, error) {
	if all == nil {
		all = Own
	}
	addresses, err := all()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addresses {
		if a = a.Unmap(); a.Is4() && a.IsPrivate() {
			return a, nil
		}
	}
	return netip.Addr{}, ErrNone
}

// Own lists the addresses of this machine, first the one from which it would
// reach the world: machines with containers have several private ones, of
// which a phone reaches only that.
func Own() ([]netip.Addr, error) {
	var out []netip.Addr
	// Connecting UDP sends nothing; it asks for the route. The address is one
	// for documentation (RFC 5737).
	if c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:9"))); err == nil {
		if u, ok := c.LocalAddr().(*net.UDPAddr); ok {
			out = append(out, u.AddrPort().Addr())
		}
		_ = c.Close()
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it went away meanwhile
		}
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					out = append(out, ip.Unmap())
				}
			}
		}
	}
	return out, nil
}
