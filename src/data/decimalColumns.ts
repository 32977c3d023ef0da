/** Which columns of a Parquet file are DECIMAL, and how wide: what is made of it is to be the same. */
import { type FileMetaData, parquetSchema } from "hyparquet";
import type { ObjectStore } from "../application/dataPorts.ts";
import { MAX_DECIMAL_DIGITS } from "../domain/rules/decimal.ts";
import type { DecimalTypes, ObjectRef, Schema } from "../domain/table.ts";
import { readMetadata } from "./parquetMetadata.ts";
import { orDamaged, parquetSource } from "./parquetSource.ts";
import { decimalOf } from "./parquetTypes.ts";

/** Of a stored object, the decimal columns of the schema. Throws a NotATableError for damage. */
export const decimalColumns = async (
  store: ObjectStore,
  source: Pick<ObjectRef, "key" | "bytes">,
  schema: Schema,
): Promise<DecimalTypes> => {
  const file = parquetSource(store, source.key, source.bytes);
  return orDamaged(file, async () => decimalsIn(await readMetadata(file), schema));
};

const decimalsIn = (metadata: FileMetaData, schema: Schema): DecimalTypes =>
  Object.fromEntries(
    parquetSchema(metadata).children.flatMap(({ element }) => {
      const { name } = element;
      const type = Object.hasOwn(schema, name) ? schema[name] : undefined;
      const decimal = type === "decimal" ? decimalOf(element) : null;
      // What is wider is no type of Lethe's, whose numbers fit all the same.
      return decimal && decimal.precision <= MAX_DECIMAL_DIGITS ? [[name, decimal]] : [];
    }),
  );

/** Whether a file's decimal columns are of exactly these types. */
export const sameDecimals = (
  metadata: FileMetaData,
  schema: Schema,
  decimals: DecimalTypes,
): boolean => {
  const found = decimalsIn(metadata, schema);
  return Object.keys(schema).every((name) => {
    const [one, other] = [found[name], decimals[name]];
    return one?.precision === other?.precision && one?.scale === other?.scale;
  });
};
