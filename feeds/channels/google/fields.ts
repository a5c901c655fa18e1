/**
 * Google's fields that come from an attribute of the item as it is, one line each:
 * https://support.google.com/merchants/answer/7052112 and the message ProductAttributes of the Merchant API v1.
 */
import type { AttributeName } from '../../../catalog/product.ts';
import {
  baseMeasure, date, dates, group, label, measure, number, price, text, url, whole, word, yesNo, type Form,
} from './forms.ts'; // prettier-ignore
import { pages } from './limits.ts';

export interface Field {
  name: AttributeName;
  /** In `productAttributes` of the Merchant API. */
  api: string;
  form: Form;
  /** The field takes several, `most` at most; with fewer than `least` none is sent. */
  list?: { most: number; least?: number };
  /** Longer texts are cut and said to be; without it an unusable value is left out and said to be. */
  cutTo?: number;
  link: string;
}

const spec = { link: pages.spec };
const cut = (name: AttributeName, api: string, max: number): Field => ({ name, api, form: text(max), cutTo: max, ...spec }); // prettier-ignore
const one = (name: AttributeName, api: string, form: Form, link: string = pages.spec): Field => ({ name, api, form, link }); // prettier-ignore
const many = (name: AttributeName, api: string, form: Form, most: number, least?: number): Field => ({
  name, api, form, list: least === undefined ? { most } : { most, least }, ...spec,
}); // prettier-ignore

const energyClasses = ['A+++', 'A++', 'A+', 'A', 'B', 'C', 'D', 'E', 'F', 'G'];
export const energyClass = word(energyClasses, { 'A+++': 'APPP', 'A++': 'APP', 'A+': 'AP' });
export const ageGroups = word(['newborn', 'infant', 'toddler', 'kids', 'adult']);
export const genders = word(['male', 'female', 'unisex']);
const destinations = word([
  'Shopping_ads', 'Display_ads', 'Local_inventory_ads', 'Free_listings', 'Free_local_listings', 'YouTube_Shopping',
  'YouTube_Affiliate', 'YouTube_Shopping_Checkout',
]); // prettier-ignore
const sourceType = word(['default', 'trained_algorithmic_media']);
const weight = measure({ lb: 2_000, oz: 32_000, g: 1_000_000, kg: 1_000 });
const side = measure({ cm: 400, in: 150 }, 1);
const dimension = measure({ cm: 3_000, in: 3_000 }, 1);
const most = 1e9;
const sold = { oz: most, lb: most, mg: most, g: most, kg: most, floz: most, pt: most, qt: most, gal: most, ml: most, cl: most,
  l: most, cbm: most, in: most, ft: most, yd: most, cm: most, m: most, sqft: most, sqm: most, ct: most }; // prettier-ignore
const country = label(2, /^[A-Z]{2}$/, 'a country code such as DE');

export const fields: readonly Field[] = [
  one('structured_title', 'structuredTitle', group(
    { name: 'digital_source_type', api: 'digitalSourceType', form: sourceType },
    { name: 'content', api: 'content', form: label(150), required: true },
  )),
  one('structured_description', 'structuredDescription', group(
    { name: 'digital_source_type', api: 'digitalSourceType', form: sourceType },
    { name: 'content', api: 'content', form: label(5_000), required: true },
  )),
  cut('short_title', 'shortTitle', 150),
  many('lifestyle_image_link', 'lifestyleImageLinks', url, 10),
  many('video_link', 'videoLinks', url, 10),
  one('virtual_model_link', 'virtualModelLink', url),
  one('mobile_link', 'mobileLink', url),
  one('ads_redirect', 'adsRedirect', url),
  many('document_link', 'documentLinks', url, 5),
  one('availability_date', 'availabilityDate', date),
  one('expiration_date', 'expirationDate', date),
  one('disclosure_date', 'disclosureDate', date),
  one('cost_of_goods_sold', 'costOfGoodsSold', price),
  one('auto_pricing_min_price', 'autoPricingMinPrice', price),
  one('maximum_retail_price', 'maximumRetailPrice', price),
  one('unit_pricing_measure', 'unitPricingMeasure', measure(sold), pages.unitPricing),
  one('unit_pricing_base_measure', 'unitPricingBaseMeasure',
    baseMeasure([1, 2, 4, 8, 10, 100], Object.keys(sold), ['75 cl', '750 ml', '50 kg', '1000 kg']), pages.unitPricing),
  one('installment', 'installment', group(
    { name: 'months', api: 'months', form: whole(1), required: true },
    { name: 'amount', api: 'amount', form: price, required: true },
    { name: 'downpayment', api: 'downpayment', form: price },
    { name: 'credit_type', api: 'creditType', form: word(['finance', 'lease']) },
  )),
  one('subscription_cost', 'subscriptionCost', group(
    { name: 'period', api: 'period', form: word(['week', 'month', 'year']), required: true },
    { name: 'period_length', api: 'periodLength', form: whole(1), required: true },
    { name: 'amount', api: 'amount', form: price, required: true },
  )),
  many('loyalty_program', 'loyaltyPrograms', group(
    { name: 'program_label', api: 'programLabel', form: label(100), required: true },
    { name: 'tier_label', api: 'tierLabel', form: label(100), required: true },
    { name: 'price', api: 'price', form: price },
    { name: 'cashback_for_future_use', api: 'cashbackForFutureUse', form: price },
    { name: 'loyalty_points', api: 'loyaltyPoints', form: whole(1) },
    { name: 'member_price_effective_date', api: 'memberPriceEffectiveDate', form: dates },
    { name: 'shipping_label', api: 'shippingLabel', form: label(100) },
  ), 100),
  cut('mpn', 'mpn', 70),
  one('condition', 'condition', word(['new', 'refurbished', 'used'])),
  one('adult', 'adult', yesNo),
  one('multipack', 'multipack', whole(2)),
  one('is_bundle', 'isBundle', yesNo),
  many('certification', 'certifications', group(
    { name: 'certification_authority', api: 'certificationAuthority', form: word(['EC', 'European_Commission'], { European_Commission: 'EC' }), required: true },
    { name: 'certification_name', api: 'certificationName', form: word(['EPREL']), required: true },
    { name: 'certification_code', api: 'certificationCode', form: label(2_000), required: true },
  ), 1),
  one('age_group', 'ageGroup', ageGroups),
  one('gender', 'gender', genders),
  cut('color', 'color', 100),
  cut('size', 'size', 100),
  many('size_type', 'sizeTypes', word(['regular', 'petite', 'maternity', 'big', 'tall', 'plus']), 2),
  one('size_system', 'sizeSystem', word(['US', 'UK', 'EU', 'DE', 'FR', 'JP', 'CN', 'IT', 'BR', 'MEX', 'AU'])),
  cut('material', 'material', 200),
  cut('pattern', 'pattern', 100),
  cut('item_group_title', 'itemGroupTitle', 150),
  many('product_detail', 'productDetails', group(
    { name: 'section_name', api: 'sectionName', form: label(140) },
    { name: 'attribute_name', api: 'attributeName', form: label(140), required: true },
    { name: 'attribute_value', api: 'attributeValue', form: label(1_000), required: true },
  ), 100),
  many('product_highlight', 'productHighlights', text(150), 100, 2),
  many('question_and_answer', 'questionsAndAnswers', group(
    { name: 'question', api: 'question', form: label(1_000), required: true },
    { name: 'answer', api: 'answer', form: label(1_000), required: true },
  ), 30),
  many('related_product', 'relatedProducts', group(
    { name: 'relationship_type', api: 'relationshipType', form: word(['part_of_set', 'required_part', 'often_bought_with', 'substitute', 'different_brand', 'accessory']), required: true },
    { name: 'id_type', api: 'idType', form: word(['gtin', 'id']), required: true },
    { name: 'id', api: 'id', form: label(50), required: true },
  ), 30),
  one('popularity_rank', 'popularityRank', number(0, 100)),
  one('product_length', 'productLength', dimension),
  one('product_width', 'productWidth', dimension),
  one('product_height', 'productHeight', dimension),
  one('product_weight', 'productWeight', weight),
  cut('custom_label_0', 'customLabel0', 100),
  cut('custom_label_1', 'customLabel1', 100),
  cut('custom_label_2', 'customLabel2', 100),
  cut('custom_label_3', 'customLabel3', 100),
  cut('custom_label_4', 'customLabel4', 100),
  many('promotion_id', 'promotionIds', label(50, /^[A-Za-z0-9_-]+$/, 'letters, digits, - and _, at most 50'), 10),
  one('external_seller_id', 'externalSellerId', label(50, /^[A-Za-z0-9_.~-]+$/, 'letters, digits, - _ . ~, at most 50')),
  many('included_destination', 'includedDestinations', destinations, 10),
  many('excluded_destination', 'excludedDestinations', destinations, 10),
  many('shopping_ads_excluded_country', 'shoppingAdsExcludedCountries', country, 200),
  one('pause', 'pause', word(['ads', 'all'])),
  many('shipping', 'shipping', group(
    { name: 'country', api: 'country', form: country },
    { name: 'region', api: 'region', form: label(100) },
    { name: 'service', api: 'service', form: label(100) },
    { name: 'price', api: 'price', form: price, required: true },
    { name: 'min_handling_time', api: 'minHandlingTime', form: whole(0) },
    { name: 'max_handling_time', api: 'maxHandlingTime', form: whole(0) },
    { name: 'min_transit_time', api: 'minTransitTime', form: whole(0) },
    { name: 'max_transit_time', api: 'maxTransitTime', form: whole(0) },
  ), 100),
  one('shipping_label', 'shippingLabel', label(100), pages.shipping),
  one('shipping_weight', 'shippingWeight', weight, pages.shipping),
  one('shipping_length', 'shippingLength', side, pages.shipping),
  one('shipping_width', 'shippingWidth', side, pages.shipping),
  one('shipping_height', 'shippingHeight', side, pages.shipping),
  one('min_handling_time', 'minHandlingTime', whole(0)),
  one('max_handling_time', 'maxHandlingTime', whole(0)),
  many('minimum_order_value', 'minimumOrderValues', group(
    { name: 'country', api: 'country', form: country },
    { name: 'service', api: 'service', form: label(100) },
    { name: 'surface', api: 'surface', form: word(['online', 'local', 'online_local']) },
    { name: 'price', api: 'price', form: price, required: true },
  ), 100),
  one('return_policy_label', 'returnPolicyLabel', label(100)),
  one('transit_time_label', 'transitTimeLabel', label(100)),
]; // prettier-ignore
