/** The answer of every scenario without a size of its own: what the static ends give and what the backend gives. */
export const answerBody = '{"id":"42","name":"Teapot","price":24.5,"inStock":12}';

/** Text of the answer by which a right one is known. */
export const answerText = '"name":"Teapot"';
