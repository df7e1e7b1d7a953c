// Runs steps of lego's DNS providers, as Traefik has them. Variables of the environment configure the provider; the steps
// come as JSON on the standard input, and what went wrong goes to the standard output.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/providers/dns/acmedns"
	"github.com/go-acme/lego/v5/providers/dns/azuredns"
	"github.com/go-acme/lego/v5/providers/dns/cloudflare"
	"github.com/go-acme/lego/v5/providers/dns/desec"
	"github.com/go-acme/lego/v5/providers/dns/digitalocean"
	"github.com/go-acme/lego/v5/providers/dns/duckdns"
	"github.com/go-acme/lego/v5/providers/dns/gandi"
	"github.com/go-acme/lego/v5/providers/dns/gandiv5"
	"github.com/go-acme/lego/v5/providers/dns/gcloud"
	"github.com/go-acme/lego/v5/providers/dns/hetzner"
	"github.com/go-acme/lego/v5/providers/dns/namecheap"
	"github.com/go-acme/lego/v5/providers/dns/ovh"
	"github.com/go-acme/lego/v5/providers/dns/pdns"
	"github.com/go-acme/lego/v5/providers/dns/route53"
)

type step struct {
	Action  string `json:"action"`
	Domain  string `json:"domain"`
	Token   string `json:"token"`
	KeyAuth string `json:"keyAuth"`
}

type order struct {
	Provider   string `json:"provider"`
	NameServer string `json:"nameServer"`
	Steps      []step `json:"steps"`
}

// What a provider waits for unless it says something else.
type result struct {
	// Of each step; empty: it went well.
	Errors []string `json:"errors"`
	// Seconds.
	Timeout  float64 `json:"timeout"`
	Interval float64 `json:"interval"`
}

func newProvider(code string) (challenge.Provider, error) {
	switch code {
	case "acme-dns":
		return acmedns.NewDNSProvider()
	case "azuredns":
		return azuredns.NewDNSProvider()
	case "cloudflare":
		return cloudflare.NewDNSProvider()
	case "desec":
		return desec.NewDNSProvider()
	case "digitalocean":
		return digitalocean.NewDNSProvider()
	case "duckdns":
		return duckdns.NewDNSProvider()
	case "gandi":
		return gandi.NewDNSProvider()
	case "gandiv5":
		return gandiv5.NewDNSProvider()
	case "gcloud":
		return gcloud.NewDNSProvider()
	case "hetzner":
		return hetzner.NewDNSProvider()
	case "namecheap":
		return namecheap.NewDNSProvider()
	case "ovh":
		return ovh.NewDNSProvider()
	case "pdns":
		return pdns.NewDNSProvider()
	case "route53":
		return route53.NewDNSProvider()
	}
	return nil, fmt.Errorf("no provider %q", code)
}

func run(ctx context.Context, provider challenge.Provider, one step) error {
	if one.Action == "present" {
		return provider.Present(ctx, one.Domain, one.Token, one.KeyAuth)
	}
	return provider.CleanUp(ctx, one.Domain, one.Token, one.KeyAuth)
}

func main() {
	var wanted order
	if err := json.NewDecoder(os.Stdin).Decode(&wanted); err != nil {
		log.Fatal(err)
	}
	options := dns01.NewOptions()
	options.RecursiveNameservers = []string{wanted.NameServer}
	dns01.SetDefaultClient(dns01.NewClient(options))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	provider, err := newProvider(wanted.Provider)
	if err != nil {
		log.Fatal(err)
	}
	timeout, interval := dns01.DefaultPropagationTimeout, dns01.DefaultPollingInterval
	if timed, ok := provider.(challenge.ProviderTimeout); ok {
		timeout, interval = timed.Timeout()
	}
	said := result{Errors: []string{}, Timeout: timeout.Seconds(), Interval: interval.Seconds()}
	for _, one := range wanted.Steps {
		text := ""
		if err := run(ctx, provider, one); err != nil {
			text = err.Error()
		}
		said.Errors = append(said.Errors, text)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		log.Fatal(err)
	}
}
