/** The store is out of reach, or did not answer in time: whether what was asked happened is not known. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
}
