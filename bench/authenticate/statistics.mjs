/** Whether two samples of times look alike: two tests that answer how likely such a difference is by chance. */

/** Welch's t-test (unequal variances); with hundreds of values its t is as good as normally distributed. */
export function welch(a, b) {
  const [left, right] = [a, b].map(momentsOf);
  const t = (left.mean - right.mean) / Math.sqrt(left.variance / a.length + right.variance / b.length);
  return { t, p: twoSided(t) };
}

/** Mann–Whitney U by its normal approximation: asks about order alone, so that outliers weigh no more than others. */
export function mannWhitney(a, b) {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))];
  all.sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length;) {
    let to = from + 1;
    while (to < all.length && all[to].value === all[from].value) to++;
    const rank = (from + to + 1) / 2;
    for (let i = from; i < to; i++) if (all[i].first) rankSum += rank;
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  const [n, m] = [a.length, b.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  const z = (u - (n * m) / 2) / Math.sqrt(variance);
  // The share of pairs in which the first one took longer; a half when they are alike.
  return { z, p: twoSided(z), longer: u / (n * m) };
}

function momentsOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}

/** Probability of a value as far from 0 as this, under the standard normal distribution. */
function twoSided(z) {
  return erfc(Math.abs(z) / Math.SQRT2);
}

/** Complementary error function, relative error below 1.2e-7 (Press et al., Numerical Recipes, 6.2.2). */
function erfc(x) {
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const sum = coefficients.reduceRight((total, coefficient) => total * t + coefficient, 0);
  return t * Math.exp(-x * x + sum);
}
