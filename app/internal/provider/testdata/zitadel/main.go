// Command zitadel runs the example server of zitadel/oidc on loopback, with the
// redirect URI of its argument. It prints its issuer on the first line and ends
// when its standard input does.
package main

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	issuer := "http://" + l.Addr().String()
	storage.RegisterClients(
		storage.NativeClient("native", "http://127.0.0.1/oauth/oidc/callback/"),
		storage.WebClient("web", "secret", os.Args[1]),
	)
	server := exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), slog.New(slog.DiscardHandler), false)
	fmt.Println(issuer)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(l, server))
}
