import { type ConfigOf, element, many, requiredAttribute } from '../schema/declare.ts';
import { text, variable } from '../schema/values.ts';
import { capturedValue } from './captured-value.ts';
import { type Compiler, policy } from './policy.ts';

const statistic = element({
  content: text,
  attributes: { name: requiredAttribute(text), ref: variable, type: text },
});

const types = ['string', 'boolean', 'integer', 'long', 'float', 'double'] as const;
type StatisticType = (typeof types)[number];

/** Collects values of flow variables. Apigee: StatisticsCollector policy reference. */
export const StatisticsCollector = policy({
  element: 'StatisticsCollector',
  failedPrefix: 'statisticscollector',
  children: { Statistics: element({ children: { Statistic: many(statistic) } }) },
  faults: {},
  compile(config, compiler) {
    const statistics = (config.Statistics?.Statistic ?? []).map((one) => compileStatistic(one, compiler));
    if (statistics.length === 0) {
      const hint = 'Add <Statistics> with <Statistic name="..." ref="..." type="string"/>.';
      compiler.warning('ZH460', config.at, 'StatisticsCollector collects nothing.', hint);
    }
    return (exchange) => {
      const values = statistics.map(({ name, type, read, fallback }) => {
        return [name, capturedValue(read?.(exchange), type, fallback)] as const;
      });
      exchange.surroundings.capture?.(exchange, compiler.name, Object.fromEntries(values), false);
    };
  },
});

function compileStatistic(config: ConfigOf<typeof statistic>, compiler: Compiler) {
  const { name, ref, type } = config;
  if (!/^\w[\w.-]*$/.test(name.text)) {
    const message = `"${name.text}" is no name of a statistic (InvalidName).`;
    compiler.error('ZH461', name.at, message, 'Write letters, digits, "_", "." and "-".');
  }
  const known = types.find((one) => one === type?.text.toLowerCase());
  if (type === undefined || type.text === '') {
    compiler.error(
      'ZH462',
      type?.at ?? config.at,
      `The statistic "${name.text}" has no type (DatatypeMissing).`,
      typeHint,
    );
  } else if (known === undefined) {
    compiler.error('ZH462', type.at, `"${type.text}" is no type of a statistic (UnsupportedDatatype).`, typeHint);
  }
  return {
    name: name.text,
    type: known ?? ('string' satisfies StatisticType),
    read: ref === undefined ? undefined : compiler.reader(ref.text),
    fallback: config.text === '' ? undefined : config.text,
  };
}

const typeHint = `Write type="..." with one of ${types.join(', ')}.`;
