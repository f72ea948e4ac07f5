package gallery

import (
	"time"

	"motcua/internal/problem"
	"motcua/internal/web"
)

// kinds are the error pages by the middle part of their catalogue keys.
var kinds = []struct {
	name string
	kind problem.Kind
}{
	{"badrequest", problem.BadRequest}, {"forbidden", problem.Forbidden}, {"notfound", problem.NotFound},
	{"method", problem.MethodNotAllowed}, {"gone", problem.Gone}, {"toolarge", problem.TooLarge}, {"toomany", problem.TooMany},
	{"internal", problem.Internal}, {"unavailable", problem.Unavailable}, {"timeout", problem.Timeout},
}

// Errors are the shots of the page "error".
func Errors() []Shot {
	var shots []Shot
	for _, k := range kinds {
		shots = append(shots, Shot{Page: "error", Name: k.name, Path: "/khong-co", Data: func(b web.Base) any {
			p := web.ErrorPage{Base: b, Status: k.kind.Status(), RequestID: "7K2M4QX97K2M4QX97K2M4QX97K", OurFault: k.kind.Status() >= 500}
			p.Heading, p.Sentence = p.T("web.problem."+k.name+".title"), p.T("web.problem."+k.name+".text")
			p.Base.Title = p.Heading
			return p
		}})
	}
	return shots
}

// Citizen is the person greeted on pages of a signed-in citizen.
func Citizen() *web.Who { return &web.Who{Name: "Nguyễn Hữu Ưỡng", Idle: 15 * time.Minute} }
