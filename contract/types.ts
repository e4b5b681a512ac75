/** Of the schema library what the contract is written with, by name: whoever serves it to a browser leaves the rest behind (30 kB gzipped). */
export {
  Array,
  Boolean,
  Enum,
  Integer,
  Intersect,
  Literal,
  Null,
  Object,
  Optional,
  String,
  Union,
  Unknown,
  Unsafe,
} from 'typebox'
