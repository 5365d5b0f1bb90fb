package nickname_test

import (
	"testing"

	"munpae.example/munpae/app/internal/nickname"
)

var benchNames = []string{"octocat", "홍길동", "길동kim_2", "Élodie Müller", "4dm1n", "аlice"}

func BenchmarkParse(b *testing.B) {
	for _, text := range benchNames {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				nickname.Parse(text)
			}
		})
	}
}

func BenchmarkPropose(b *testing.B) {
	for _, text := range []string{"길동", "octocat"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				nickname.Propose(text, "Gildong Hong", "gildong")
			}
		})
	}
}
