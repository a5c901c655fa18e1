/** Texts that describe the product instead of selling it: no prices, no shipping, no shouting. */
import { remember } from '../../catalog/remember.ts';
import type { Rule } from '../channel.ts';
import { nameOf, textOf, toIssue, type About, type TextField } from '../spec.ts';

/**
 * The text holds no promotion: shipping, discounts, calls to buy. Default severity: warning.
 * https://support.google.com/merchants/answer/6324415 (title), https://support.google.com/merchants/answer/6324468 (description)
 */
export function notPromotional(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined) return undefined;
    const found = findPromotion(text);
    if (found === undefined) return undefined;
    const message = `The ${nameOf(field)} advertises ("${found}") instead of describing the product.`;
    return toIssue(field, 'promotional', message, about, {
      hint: `Take promotions, prices and shipping out of the ${nameOf(field)}.`,
      severity: 'warning',
      value: found,
    });
  };
}

const phrases = [
  // English
  'free (?:shipping|delivery|returns)', 'ships? free', 'best prices?', 'lowest price', 'low price', 'on sale',
  'sale price', 'buy (?:it )?now', 'order (?:now|today)', 'shop now', 'limited (?:time|offer)', 'special offer',
  'hot (?:sale|deal)', 'clearance', 'buy one,? get one', 'money[- ]back guarantee', 'discount(?:ed)?',
  // German
  'gratis ?versand', 'kostenlose[rn]? (?:versand|lieferung)', 'versandkostenfrei', 'sonderangebot', 'jetzt (?:kaufen|bestellen)',
  'bester preis', 'rabatt', 'nur heute', 'ausverkauf',
  // French
  'livraison (?:gratuite|offerte)', 'meilleur prix', 'achetez maintenant', 'en (?:solde|promo(?:tion)?)', 'offre spéciale',
  // Spanish, Italian, Dutch, Portuguese
  'env[íi]o gratis', 'mejor precio', 'compra(?: ya| ahora)', 'descuentos?', 'oferta especial',
  'spedizione gratuita', 'miglior prezzo', 'acquista ora', 'sconto', 'offerta speciale',
  'gratis verzending', 'beste prijs', 'nu kopen', 'korting', 'aanbieding',
  'frete gr[áa]tis', 'melhor preço', 'compre (?:já|agora)', 'desconto',
]; // prettier-ignore
const promotion = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${phrases.join('|')}|\\d{1,2} ?% (?:off|rabatt|de réduction|de descuento|di sconto|korting))(?![\\p{L}\\p{N}])`,
  'iu',
);
/** Signs in a row that no sentence needs. */
const shouting = /[!?]{2,}|[★☆✅🔥💥⭐]{1,}/u;

const findPromotion = remember((text) => (promotion.exec(text) ?? shouting.exec(text))?.[0].trim(), 500);
