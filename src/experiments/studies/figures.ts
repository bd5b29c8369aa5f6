/** The paper's figures that are made of trials; Fig. A1 is arithmetic, see gradientScales. */

import type { Scale, StudyInput } from '../study.js'
import { otherModelsFigure3 } from './paperModels.js'
import { methods, scaleSettings } from './settings.js'
import { table1 } from './tables.js'

/** Fig. 3, top: per caption, which method's image is best. Shares in percent, by the paper's two quality models. */
export function figure3(scale: Scale): StudyInput {
  const shares = (HPS: number, AES: number) => ({ HPS, AES })
  return {
    ...table1(scale),
    name: 'fig-3',
    title: 'Fig. 3: win rates',
    question: 'On which share of the captions is each method’s image the best of the three?',
    metric: { name: 'text', better: 'higher' },
    view: 'wins',
    paper: [
      { method: 'adt', evaluation: 'ddim', figures: shares(58.8, 56.5) },
      { method: 'ft', evaluation: 'dpms', figures: shares(30.9, 32) },
      { method: 'adt-dpms', evaluation: 'dpms', figures: shares(55, 61.4) },
      ...(scale === 'paper' ? otherModelsFigure3 : []),
    ],
  }
}

/** Fig. 5: the trials of Table 1, sampled with other guidance and other numbers of steps. */
export function figure5(scale: Scale): StudyInput {
  const { guidances, steps } = scaleSettings[scale]
  const { ft, adt } = methods
  return {
    ...table1(scale),
    name: 'fig-5',
    title: 'Fig. 5: other guidance, other numbers of steps',
    question: 'Does ADT’s lead hold when a tuned model is sampled with other guidance or other numbers of steps?',
    methods: { ft, adt },
    evaluations: [
      'ddim',
      ...guidances.map(guidance => `ddim-guidance-${guidance}`),
      ...steps.map(count => `ddim-${count}-steps`),
    ],
    paper: [],
  }
}

/** Fig. A2: the metric over iterations. */
export function figureA2(scale: Scale): StudyInput {
  const { ft, adt } = methods
  return {
    ...table1(scale),
    name: 'fig-a2',
    title: 'Fig. A2: the way there',
    question: 'After how many iterations does ADT overtake what plain finetuning converges to?',
    methods: { ft, adt },
    evaluations: ['ddim'],
    view: 'curve',
    paper: [],
  }
}
