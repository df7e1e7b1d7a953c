/**
 * A text with some characters gone, doubled, moved, or with one of `pieces` put in: what somebody writes by mistake.
 * @param {readonly string[]} pieces what means something in this kind of text
 */
export function mutated(random, text, pieces) {
  const points = [...text]
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(points.length + 1)
    switch (random.below(5)) {
      case 0:
        points.splice(at, 1)
        break
      case 1:
        points.splice(at, 0, ...points.slice(at, at + 1 + random.below(4)))
        break
      case 2:
        points.splice(at, 1, random.pick(pieces))
        break
      case 3:
        points.splice(at, 0, ...points.splice(random.below(points.length + 1), 1 + random.below(3)))
        break
      default:
        points.splice(at, 0, ...random.pick(pieces))
    }
  }
  return points.join('')
}

/** The text, or now and then a broken one. */
export const sometimesMutated = (random, probability, text, pieces) =>
  random.chance(probability) ? mutated(random, text, pieces) : text

/** Between `least` and `most` of what `make` gives. */
export const several = (random, least, most, make) =>
  Array.from({ length: least + random.below(most - least + 1) }, () => make())
