/** GTINs (UPC, EAN, ISBN, ITF-14) as shops keep them: with spaces, guards, and the damage of spreadsheets. */

/** Checked digits (8, 12, 13 or 14), or one sentence why the text is no GTIN. */
export type GtinResult = { gtin: string } | { reason: string };

export function cleanGtin(text: string): GtinResult {
  const compact = text
    .normalize('NFKC')
    .replace(/^\s*'?=?"?|"?\s*$/g, '')
    .replace(/[\s\p{Pd}]/gu, '');
  if (/^\d+(?:[.,]\d+)?E\+?\d+$/i.test(compact)) {
    return {
      reason: 'A spreadsheet has turned it into a rounded number (E+ notation); its digits are lost.',
    };
  }
  const digits = compact.replace(/[.,]0+$/, '');
  if (/^\d{9}[\dX]$/i.test(digits)) return fromIsbn10(digits.toUpperCase());
  if (!/^\d+$/.test(digits)) return { reason: 'It holds something other than digits.' };
  if (![8, 12, 13, 14].includes(digits.length)) {
    const lost = digits.length === 11 || digits.length === 7 ? ' A leading zero may be lost.' : '';
    return { reason: `It has ${digits.length} digits; a GTIN has 8, 12, 13 or 14.${lost}` };
  }
  if (/^0+$/.test(digits)) return { reason: 'It is all zeros.' };
  const expected = checkDigit(digits.slice(0, -1));
  if (digits.at(-1) !== expected) {
    return { reason: `Its last digit should be ${expected}: one of its digits is wrong.` };
  }
  return { gtin: digits };
}

/** Weights 3 and 1 from the right (GS1 General Specifications, 7.9). */
function checkDigit(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    const weight = (body.length - i) % 2 === 1 ? 3 : 1;
    sum += Number(body[i]) * weight;
  }
  return String((10 - (sum % 10)) % 10);
}

/** ISBN-10 has its own check sum (modulo 11, X = 10); since 2007 the same book is 978 + 9 digits + a new check digit. */
function fromIsbn10(isbn: string): GtinResult {
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (10 - i) * (isbn[i] === 'X' ? 10 : Number(isbn[i]));
  if (sum % 11 !== 0) {
    return { reason: 'It has 10 digits like an old ISBN, but the check digit of an ISBN is wrong.' };
  }
  const body = `978${isbn.slice(0, 9)}`;
  return { gtin: body + checkDigit(body) };
}
