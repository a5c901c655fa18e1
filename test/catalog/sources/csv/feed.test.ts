import { describe, expect, it } from '@jest/globals';
import { guessMapping } from '../../../../catalog/tables/read-table.ts';
import { readText } from './read-all.ts';

describe('a channel feed', () => {
  it('groups items and tells options from what differs', async () => {
    const { format, products, records } = await readText(
      'g:id\tTitle\tdescription\tLink\timage link\tadditional_image_link\tprice\tsale price\tsale_price_effective_date\tavailability\titem_group_id\tcolor\tsize\tbrand\tquantity_to_sell_on_facebook\n' +
        'A-1\tShirt\tSoft\thttps://s.example/a1\ta1.jpg\tx.jpg,y.jpg\t20 EUR\t15 EUR\t2027-01-01T00:00+01:00/2027-02-01T00:00+01:00\tin stock\tA\twhite\tM\tAcme\t4\n' +
        'A-2\tShirt\tSoft\thttps://s.example/a2\ta2.jpg\t\t20 EUR\t\t\tout of stock\tA\twhite\tL\tAcme\t\n' +
        'B\tCup\tHot\thttps://s.example/b\tb.jpg\t\t5 EUR\t\t\tin stock\t\t\t\t\t\n',
    );
    expect(format).toBe('feed');
    expect(records).toBe(3);
    expect(products).toMatchObject([
      {
        sourceId: 'A', title: 'Shirt', vendor: 'Acme', attributes: { color: 'white' },
        images: [{ url: 'a1.jpg' }, { url: 'a2.jpg' }, { url: 'x.jpg' }, { url: 'y.jpg' }],
        variants: [
          {
            sourceId: 'A-1', sku: 'A-1', options: [{ name: 'Size', value: 'M' }], attributes: { size: 'M' },
            saleStarts: '2027-01-01T00:00+01:00', saleEnds: '2027-02-01T00:00+01:00', quantity: '4',
          },
          { sourceId: 'A-2', link: 'https://s.example/a2', availability: 'out of stock' },
        ],
      },
      { sourceId: 'B', variants: [{ sku: 'B' }] },
    ]);
  }); // prettier-ignore

  it.each([
    ['Pinterest', 'id', 'ad_link\tios_deep_link\taverage_review_rating\tinstallment_price\tfree_shipping_limit\tcustom_number_0', 'https://t.example/1\tshop://1\t4.5\t6:10.00 EUR\t50.00 EUR\t7', { ads_redirect: 'https://t.example/1', ios_url: 'shop://1', user_rating: '4.5', installment: '6:10.00 EUR', free_shipping_limit: '50.00 EUR', custom_number_0: '7' }],
    ['TikTok', 'sku_id', 'iPhone_url\tiPad_app_name\tshipping\ttax', 'shop://1\tShop\tUS:CA:Ground:9.99 USD\tUS:CA:9.25:y', { iphone_url: 'shop://1', ipad_app_name: 'Shop', shipping: 'US:CA:Ground:9.99 USD', tax: 'US:CA:9.25:y' }],
    ['Meta', 'id', 'applink.ios_url\tcustom_number_4\tvideo[0].url', 'shop://1\t9\thttps://s.example/v.mp4', { ios_url: 'shop://1', custom_number_4: '9', video_link: 'https://s.example/v.mp4' }],
  ])('takes in the rare fields by the column names of %s', async (_, id, names, cells, attributes) => {
    const { format, products } = await readText(`${id}\ttitle\tprice\t${names}\nA\tShirt\t20 EUR\t${cells}\n`);
    expect(format).toBe('feed');
    expect(products).toMatchObject([{ sourceId: 'A', attributes }]);
  }); // prettier-ignore

  it('reports the second row with an id', async () => {
    const { products, issues } = await readText('id,title,price\n1,A,5\n2,B,6\n1,A again,7\n');
    expect(products).toHaveLength(2);
    expect(issues).toEqual([expect.objectContaining({ code: 'duplicate_id', line: 4, value: '1' })]);
  });
});

describe('a table with a mapping', () => {
  const german =
    'Artikelnummer;Bezeichnung;Preis (€);Farbe;Lagerbestand;Geschmack\n7;Tee;3,50;grün;9;Minze\n';

  it('is read by the mapping that a person gives', async () => {
    const { format, products } = await readText(german, {
      mapping: {
        Artikelnummer: 'id',
        Bezeichnung: 'title',
        'Preis (€)': 'price',
        Geschmack: 'option:Geschmack',
      },
    });
    expect(format).toBe('mapped');
    expect(products[0]).toMatchObject({
      sourceId: '7', title: 'Tee', variants: [{ price: '3,50', options: [{ name: 'Geschmack', value: 'Minze' }] }],
    }); // prettier-ignore
  });

  it('is guessed from the words of its header', () => {
    expect(guessMapping(['Artikelnummer', 'Bezeichnung', 'Preis (€)', 'Farbe', 'Lagerbestand', 'Geschmack'])).toEqual({
      Artikelnummer: 'id', Bezeichnung: 'title', 'Preis (€)': 'price', Farbe: 'color', Lagerbestand: 'quantity',
    }); // prettier-ignore
  });

  it.each([
    [{ Artikelnummer: 'id', Name: 'title' }, 'csv_mapping_columns'],
    [{ Artikelnummer: 'id', Bezeichnung: 'shape' }, 'csv_mapping_field'],
    [{ Bezeichnung: 'title' }, 'csv_mapping_incomplete'],
  ])('refuses the mapping %j', async (mapping, code) => {
    await expect(readText(german, { mapping })).rejects.toMatchObject({ name: 'SourceError', code });
  });
});
