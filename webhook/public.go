package webhook

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
)

var errNotPublic = errors.New("the host is in a private network, and this endpoint is for public ones")

// publicOnly is the Control of a dialler. It sees the address after the name
// was resolved, before anything is sent.
func publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !Public(to.Addr()) {
		return errNotPublic
	}
	return nil
}

// reserved are networks that netip has no word for: shared address space,
// protocol assignments, documentation, benchmarks, those kept for later, and
// those in IPv6 that embed an IPv4 address (IANA special-purpose registries,
// RFC 6890).
func reserved() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
		netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
	}
}

// Public reports whether an address can be reached over the internet and is
// nobody's own network.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() { // not unspecified, loopback, multicast or link-local either
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(a) })
}
