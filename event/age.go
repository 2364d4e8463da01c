package event

// age reads what is said of an account's age.
func (d *Decoder) age(r *reader, e *Event) *Problem {
	const path = "data.age"
	found := Age{Known: true, Upper: maxYears}
	p := r.object(path, func(name string) (p *Problem) {
		var number int
		switch name {
		case "method":
			number, p = enum(r, path+".method", methodNames[:])
			found.Method = Method(number)
		case "lower":
			number, p = r.whole(path+".lower", 0, maxYears)
			found.Lower = uint8(number)
		case "upper":
			number, p = r.whole(path+".upper", 0, maxYears)
			found.Upper = uint8(number)
		case "confidence":
			found.Confidence, p = fraction(r, path+".confidence")
		case "provider":
			found.Provider, p = d.id(r, path+".provider")
		case "asserted_at":
			found.AssertedAt, p = d.past(r, path+".asserted_at")
		case "expires_at":
			found.ExpiresAt, p = moment(r, path+".expires_at")
		default:
			p = r.skip(path)
		}
		return p
	})
	switch {
	case p != nil:
		return p
	case found.Method == MethodUnknown:
		return newProblem(MissingField, path+".method", "an age says how it is known: "+list(methodNames[:]))
	case found.Lower > found.Upper:
		return newProblem(InvalidValue, path+".lower", "the lower bound is above the upper bound")
	case found.ExpiresAt != 0 && found.ExpiresAt <= found.AssertedAt:
		return newProblem(InvalidValue, path+".expires_at", "this is not after asserted_at")
	}
	e.Age = found
	return nil
}
