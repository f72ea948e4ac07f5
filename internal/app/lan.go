package app

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"

	"motcua/internal/clock"
	"motcua/internal/config"
	"motcua/internal/lan"
)

// lanFolder holds the certificates, inside the data folder.
const lanFolder = "lan"

// OnLAN returns the configuration of a demo in the local network, with a
// certificate for it. find lists the machine's addresses; nil asks the system.
// It errs with a *Refusal.
func OnLAN(d config.Demo, clk clock.Clock, find func() ([]netip.Addr, error)) (*config.Config, error) {
	address, err := lanAddress(d, find)
	if err != nil {
		return nil, err
	}
	f, err := lan.Ensure(filepath.Join(d.Data, lanFolder), []netip.Addr{address}, clk.Now())
	if err != nil {
		return nil, cannotWrite(filepath.Join(d.Data, lanFolder), err)
	}
	c := d.OnLAN(address).Config()
	for site, listen := range map[string]*string{config.Portal: &c.ListenPortal, config.Office: &c.ListenOffice, config.ID: &c.ListenID} {
		*listen = c.SiteURL(site).Host
	}
	c.TLSCert, c.TLSKey = f.Cert, f.Key
	c.LAN = &config.LAN{Authority: f.DER, File: f.Authority, Fingerprint: f.Fingerprint}
	return c, nil
}

func lanAddress(d config.Demo, find func() ([]netip.Addr, error)) (netip.Addr, error) {
	if d.LANAddress != "" {
		a, err := netip.ParseAddr(d.LANAddress)
		if err != nil || !a.Is4() || !a.IsPrivate() && !a.IsLoopback() {
			return a, &Refusal{"--lan-address phải là địa chỉ IPv4 của mạng nội bộ, ví dụ 192.168.1.20.", "--lan-address must be an IPv4 address of a local network, such as 192.168.1.20.", err, false}
		}
		return a, nil
	}
	a, err := lan.Address(find)
	if errors.Is(err, lan.ErrNone) {
		return a, &Refusal{"Máy này chưa nối vào mạng nội bộ nào. Hãy bật Wi-Fi hoặc cắm dây mạng, cùng mạng với điện thoại, rồi chạy lại; hoặc chạy không có --lan.",
			"This machine is in no local network. Turn Wi-Fi on or plug the cable in, in the same network as the phone, and start again; or start without --lan.", err, false}
	}
	if err != nil {
		return a, fmt.Errorf("addresses of this machine: %w", err)
	}
	return a, nil
}

// besideLAN is where a newcomer on this machine looks for a site that stands
// in the local network.
func besideLAN(listen string) string {
	_, port, _ := net.SplitHostPort(listen)
	return net.JoinHostPort("127.0.0.1", port)
}

// onlyToPublicName answers on that address: nothing but the way to the site.
func (a *App) onlyToPublicName(site string) http.Handler {
	return a.toPublicName(site, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "Hãy mở "+a.Config.SiteURL(site).String()+"\nPlease open that address.", http.StatusMisdirectedRequest)
	}))
}
