<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis symbologyReferenceScale="-1" version="3.22.16-Białowieża" minScale="100000000" simplifyDrawingHints="1" simplifyDrawingTol="1" styleCategories="Symbology|Fields|Forms|MapTips|Rendering" simplifyAlgorithm="0" maxScale="0" hasScaleBasedVisibilityFlag="0" simplifyMaxScale="1" simplifyLocal="1">
  <renderer-v2 enableorderby="0" forceraster="0" type="RuleRenderer" symbollevels="0" referencescale="-1">
    <rules key="{c4de39f5-f6b8-4fa9-89ac-62910db7340c}">
      <rule symbol="0" key="{580c4a60-2da5-4463-bf85-0990284ccdf1}" label="unreviewed, below 0.3" filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; &lt; 0.3"/>
      <rule symbol="1" key="{1f91b1bf-cb34-4b3e-8223-ed0f1ab75b12}" label="unreviewed, 0.3 to 0.5" filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; >= 0.3 AND &quot;prob_mean&quot; &lt; 0.5"/>
      <rule symbol="2" key="{68da03d6-d35d-40bf-bb8d-3f0af13f1999}" label="unreviewed, 0.5 and more" filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; >= 0.5"/>
      <rule symbol="3" key="{a05c8962-7780-48ee-a835-47cfaa3227ac}" label="accepted" filter="&quot;review_status&quot; = 'accepted'"/>
      <rule symbol="4" key="{897b3517-4ca2-4007-94fd-837a1d6da693}" label="edited" filter="&quot;review_status&quot; = 'edited'"/>
      <rule symbol="5" key="{123195a6-bcc3-4893-a396-e29a07541dd4}" label="rejected" filter="&quot;review_status&quot; = 'rejected'"/>
      <rule symbol="6" key="{763bd934-226c-4acf-bebd-4ff1bfbd8a1f}" label="unknown" filter="ELSE"/>
    </rules>
    <symbols>
      <symbol clip_to_extent="1" alpha="1" name="0" force_rhr="0" type="fill">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" value="" type="QString"/>
            <Option name="properties"/>
            <Option name="type" value="collection" type="QString"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="color" value="255,224,102,30" type="QString"/>
            <Option name="joinstyle" value="bevel" type="QString"/>
            <Option name="offset" value="0,0" type="QString"/>
            <Option name="offset_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="offset_unit" value="MM" type="QString"/>
            <Option name="outline_color" value="255,224,102,255" type="QString"/>
            <Option name="outline_style" value="solid" type="QString"/>
            <Option name="outline_width" value="0.4" type="QString"/>
            <Option name="outline_width_unit" value="MM" type="QString"/>
            <Option name="style" value="solid" type="QString"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="255,224,102,30" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="255,224,102,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" value="" type="QString"/>
              <Option name="properties"/>
              <Option name="type" value="collection" type="QString"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol clip_to_extent="1" alpha="1" name="1" force_rhr="0" type="fill">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" value="" type="QString"/>
            <Option name="properties"/>
            <Option name="type" value="collection" type="QString"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="color" value="255,159,28,30" type="QString"/>
            <Option name="joinstyle" value="bevel" type="QString"/>
            <Option name="offset" value="0,0" type="QString"/>
            <Option name="offset_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="offset_unit" value="MM" type="QString"/>
            <Option name="outline_color" value="255,159,28,255" type="QString"/>
            <Option name="outline_style" value="solid" type="QString"/>
            <Option name="outline_width" value="0.4" type="QString"/>
            <Option name="outline_width_unit" value="MM" type="QString"/>
            <Option name="style" value="solid" type="QString"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="255,159,28,30" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="255,159,28,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" value="" type="QString"/>
              <Option name="properties"/>
              <Option name="type" value="collection" type="QString"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol clip_to_extent="1" alpha="1" name="2" force_rhr="0" type="fill">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" value="" type="QString"/>
            <Option name="properties"/>
            <Option name="type" value="collection" type="QString"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="color" value="232,0,58,30" type="QString"/>
            <Option name="joinstyle" value="bevel" type="QString"/>
            <Option name="offset" value="0,0" type="QString"/>
            <Option name="offset_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="offset_unit" value="MM" type="QString"/>
            <Option name="outline_color" value="232,0,58,255" type="QString"/>
            <Option name="outline_style" value="solid" type="QString"/>
            <Option name="outline_width" value="0.4" type="QString"/>
            <Option name="outline_width_unit" value="MM" type="QString"/>
            <Option name="style" value="solid" type="QString"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="232,0,58,30" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="232,0,58,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" value="" type="QString"/>
              <Option name="properties"/>
              <Option name="type" value="collection" type="QString"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol clip_to_extent="1" alpha="1" name="3" force_rhr="0" type="fill">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" value="" type="QString"/>
            <Option name="properties"/>
            <Option name="type" value="collection" type="QString"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="color" value="0,213,255,30" type="QString"/>
            <Option name="joinstyle" value="bevel" type="QString"/>
            <Option name="offset" value="0,0" type="QString"/>
            <Option name="offset_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="offset_unit" value="MM" type="QString"/>
            <Option name="outline_color" value="0,213,255,255" type="QString"/>
            <Option name="outline_style" value="solid" type="QString"/>
            <Option name="outline_width" value="0.4" type="QString"/>
            <Option name="outline_width_unit" value="MM" type="QString"/>
            <Option name="style" value="solid" type="QString"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="0,213,255,30" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="0,213,255,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" value="" type="QString"/>
              <Option name="properties"/>
              <Option name="type" value="collection" type="QString"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol clip_to_extent="1" alpha="1" name="4" force_rhr="0" type="fill">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" value="" type="QString"/>
            <Option name="properties"/>
            <Option name="type" value="collection" type="QString"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="color" value="177,140,255,30" type="QString"/>
            <Option name="joinstyle" value="bevel" type="QString"/>
            <Option name="offset" value="0,0" type="QString"/>
            <Option name="offset_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="offset_unit" value="MM" type="QString"/>
            <Option name="outline_color" value="177,140,255,255" type="QString"/>
            <Option name="outline_style" value="solid" type="QString"/>
            <Option name="outline_width" value="0.4" type="QString"/>
            <Option name="outline_width_unit" value="MM" type="QString"/>
            <Option name="style" value="solid" type="QString"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="177,140,255,30" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="177,140,255,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" value="" type="QString"/>
              <Option name="properties"/>
              <Option name="type" value="collection" type="QString"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol clip_to_extent="1" alpha="1" name="5" force_rhr="0" type="fill">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" value="" type="QString"/>
            <Option name="properties"/>
            <Option name="type" value="collection" type="QString"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="color" value="187,187,187,30" type="QString"/>
            <Option name="joinstyle" value="bevel" type="QString"/>
            <Option name="offset" value="0,0" type="QString"/>
            <Option name="offset_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="offset_unit" value="MM" type="QString"/>
            <Option name="outline_color" value="187,187,187,255" type="QString"/>
            <Option name="outline_style" value="dot" type="QString"/>
            <Option name="outline_width" value="0.4" type="QString"/>
            <Option name="outline_width_unit" value="MM" type="QString"/>
            <Option name="style" value="no" type="QString"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="187,187,187,30" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="187,187,187,255" k="outline_color"/>
          <prop v="dot" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="no" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" value="" type="QString"/>
              <Option name="properties"/>
              <Option name="type" value="collection" type="QString"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol clip_to_extent="1" alpha="1" name="6" force_rhr="0" type="fill">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" value="" type="QString"/>
            <Option name="properties"/>
            <Option name="type" value="collection" type="QString"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" pass="0" enabled="1" locked="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="color" value="255,255,255,30" type="QString"/>
            <Option name="joinstyle" value="bevel" type="QString"/>
            <Option name="offset" value="0,0" type="QString"/>
            <Option name="offset_map_unit_scale" value="3x:0,0,0,0,0,0" type="QString"/>
            <Option name="offset_unit" value="MM" type="QString"/>
            <Option name="outline_color" value="255,255,255,255" type="QString"/>
            <Option name="outline_style" value="solid" type="QString"/>
            <Option name="outline_width" value="0.4" type="QString"/>
            <Option name="outline_width_unit" value="MM" type="QString"/>
            <Option name="style" value="solid" type="QString"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="255,255,255,30" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="255,255,255,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" value="" type="QString"/>
              <Option name="properties"/>
              <Option name="type" value="collection" type="QString"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
  <fieldConfiguration>
    <field name="id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="area_m2" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="perimeter_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="length_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="width_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="elongation" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="compactness" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="pixel_count" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_mean" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_p10" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_std" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="touches_edge" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="neighb_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="z_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="z_min" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="height_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="travel_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="h_l" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="reach_deg" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="crown_lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="crown_lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="toe_lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="toe_lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="slope_mean" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="slope_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="aspect_deg" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="curvature" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model_version" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model_sha" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="threshold" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="source" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="product_id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="pre_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="image_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="run_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="landslip" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="method" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="automatic" value="automatic" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="semi-automatic" value="semi-automatic" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="manual" value="manual" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="review_status" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="unreviewed" value="unreviewed" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="accepted" value="accepted" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="edited" value="edited" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="rejected" value="rejected" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="ls_type" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="fall" value="fall" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="topple" value="topple" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="slide" value="slide" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="rotational slide" value="rotational slide" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="translational slide" value="translational slide" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="spread" value="spread" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="flow" value="flow" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="complex" value="complex" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="material" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="rock" value="rock" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="debris" value="debris" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="earth" value="earth" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="activity" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="active" value="active" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="suspended" value="suspended" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="reactivated" value="reactivated" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="dormant" value="dormant" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="abandoned" value="abandoned" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="stabilised" value="stabilised" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="relict" value="relict" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="trigger" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="rainfall" value="rainfall" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="earthquake" value="earthquake" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="snowmelt" value="snowmelt" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="volcanic activity" value="volcanic activity" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="human activity" value="human activity" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="deforestation" value="deforestation" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="wildfire" value="wildfire" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="other natural cause" value="other natural cause" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="unknown" value="unknown" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="confidence" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="possible" value="possible" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="probable" value="probable" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="likely" value="likely" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="confident" value="confident" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="high" value="high" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="conf_hint" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="possible" value="possible" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="probable" value="probable" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="likely" value="likely" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="confident" value="confident" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="high" value="high" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="event_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="notes" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option type="Map">
            <Option name="IsMultiline" value="true" type="bool"/>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="change" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option name="map" type="List">
              <Option type="Map">
                <Option name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="unchanged" value="unchanged" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="enlarged" value="enlarged" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="reactivated" value="reactivated" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="new" value="new" type="QString"/>
              </Option>
              <Option type="Map">
                <Option name="no longer visible" value="no longer visible" type="QString"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="survey" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="first_seen" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="last_seen" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="seen_id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="seen_m2" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="history" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option type="Map">
            <Option name="IsMultiline" value="true" type="bool"/>
          </Option>
        </config>
      </editWidget>
    </field>
  </fieldConfiguration>
  <aliases>
    <alias field="id" index="0" name="Name"/>
    <alias field="area_m2" index="1" name="Area (m²)"/>
    <alias field="perimeter_m" index="2" name="Perimeter (m)"/>
    <alias field="length_m" index="3" name="Length down the slope (m)"/>
    <alias field="width_m" index="4" name="Width across the slope (m)"/>
    <alias field="elongation" index="5" name="Elongation"/>
    <alias field="compactness" index="6" name="Compactness"/>
    <alias field="pixel_count" index="7" name="Pixels"/>
    <alias field="prob_mean" index="8" name="Mean probability"/>
    <alias field="prob_max" index="9" name="Highest probability"/>
    <alias field="prob_p10" index="10" name="Lowest tenth of the probability"/>
    <alias field="prob_std" index="11" name="Spread of the probability"/>
    <alias field="touches_edge" index="12" name="Cut off at an edge"/>
    <alias field="neighb_m" index="13" name="Distance to the next one (m)"/>
    <alias field="lon" index="14" name="Longitude (°)"/>
    <alias field="lat" index="15" name="Latitude (°)"/>
    <alias field="z_max" index="16" name="Elevation of the crown (m)"/>
    <alias field="z_min" index="17" name="Elevation of the toe (m)"/>
    <alias field="height_m" index="18" name="Height H (m)"/>
    <alias field="travel_m" index="19" name="Distance L (m)"/>
    <alias field="h_l" index="20" name="H / L"/>
    <alias field="reach_deg" index="21" name="Reach angle (°)"/>
    <alias field="crown_lon" index="22" name="Longitude of the crown (°)"/>
    <alias field="crown_lat" index="23" name="Latitude of the crown (°)"/>
    <alias field="toe_lon" index="24" name="Longitude of the toe (°)"/>
    <alias field="toe_lat" index="25" name="Latitude of the toe (°)"/>
    <alias field="slope_mean" index="26" name="Mean slope (°)"/>
    <alias field="slope_max" index="27" name="Steepest slope (°)"/>
    <alias field="aspect_deg" index="28" name="Aspect (°)"/>
    <alias field="curvature" index="29" name="Mean curvature (1/m)"/>
    <alias field="model" index="30" name="Model"/>
    <alias field="model_version" index="31" name="Model version"/>
    <alias field="model_sha" index="32" name="Model checksum"/>
    <alias field="threshold" index="33" name="Threshold"/>
    <alias field="source" index="34" name="Stack"/>
    <alias field="product_id" index="35" name="Satellite product"/>
    <alias field="pre_date" index="36" name="Image before"/>
    <alias field="image_date" index="37" name="Image"/>
    <alias field="run_date" index="38" name="Date of detection"/>
    <alias field="landslip" index="39" name="Version of Landslip"/>
    <alias field="method" index="40" name="Method"/>
    <alias field="review_status" index="41" name="Review status"/>
    <alias field="ls_type" index="42" name="Type of movement"/>
    <alias field="material" index="43" name="Material"/>
    <alias field="activity" index="44" name="Activity"/>
    <alias field="trigger" index="45" name="Trigger"/>
    <alias field="confidence" index="46" name="Confidence"/>
    <alias field="conf_hint" index="47" name="Confidence that the probability suggests"/>
    <alias field="event_date" index="48" name="Date of the landslide"/>
    <alias field="notes" index="49" name="Remarks"/>
    <alias field="change" index="50" name="Change"/>
    <alias field="survey" index="51" name="Last survey"/>
    <alias field="first_seen" index="52" name="First seen"/>
    <alias field="last_seen" index="53" name="Last seen"/>
    <alias field="seen_id" index="54" name="Ids in the last detection"/>
    <alias field="seen_m2" index="55" name="Area in the last detection (m²)"/>
    <alias field="history" index="56" name="History"/>
  </aliases>
  <defaults>
    <default expression="" field="id" applyOnUpdate="0"/>
    <default expression="" field="area_m2" applyOnUpdate="0"/>
    <default expression="" field="perimeter_m" applyOnUpdate="0"/>
    <default expression="" field="length_m" applyOnUpdate="0"/>
    <default expression="" field="width_m" applyOnUpdate="0"/>
    <default expression="" field="elongation" applyOnUpdate="0"/>
    <default expression="" field="compactness" applyOnUpdate="0"/>
    <default expression="" field="pixel_count" applyOnUpdate="0"/>
    <default expression="" field="prob_mean" applyOnUpdate="0"/>
    <default expression="" field="prob_max" applyOnUpdate="0"/>
    <default expression="" field="prob_p10" applyOnUpdate="0"/>
    <default expression="" field="prob_std" applyOnUpdate="0"/>
    <default expression="" field="touches_edge" applyOnUpdate="0"/>
    <default expression="" field="neighb_m" applyOnUpdate="0"/>
    <default expression="" field="lon" applyOnUpdate="0"/>
    <default expression="" field="lat" applyOnUpdate="0"/>
    <default expression="" field="z_max" applyOnUpdate="0"/>
    <default expression="" field="z_min" applyOnUpdate="0"/>
    <default expression="" field="height_m" applyOnUpdate="0"/>
    <default expression="" field="travel_m" applyOnUpdate="0"/>
    <default expression="" field="h_l" applyOnUpdate="0"/>
    <default expression="" field="reach_deg" applyOnUpdate="0"/>
    <default expression="" field="crown_lon" applyOnUpdate="0"/>
    <default expression="" field="crown_lat" applyOnUpdate="0"/>
    <default expression="" field="toe_lon" applyOnUpdate="0"/>
    <default expression="" field="toe_lat" applyOnUpdate="0"/>
    <default expression="" field="slope_mean" applyOnUpdate="0"/>
    <default expression="" field="slope_max" applyOnUpdate="0"/>
    <default expression="" field="aspect_deg" applyOnUpdate="0"/>
    <default expression="" field="curvature" applyOnUpdate="0"/>
    <default expression="" field="model" applyOnUpdate="0"/>
    <default expression="" field="model_version" applyOnUpdate="0"/>
    <default expression="" field="model_sha" applyOnUpdate="0"/>
    <default expression="" field="threshold" applyOnUpdate="0"/>
    <default expression="" field="source" applyOnUpdate="0"/>
    <default expression="" field="product_id" applyOnUpdate="0"/>
    <default expression="" field="pre_date" applyOnUpdate="0"/>
    <default expression="" field="image_date" applyOnUpdate="0"/>
    <default expression="" field="run_date" applyOnUpdate="0"/>
    <default expression="" field="landslip" applyOnUpdate="0"/>
    <default expression="" field="method" applyOnUpdate="0"/>
    <default expression="" field="review_status" applyOnUpdate="0"/>
    <default expression="" field="ls_type" applyOnUpdate="0"/>
    <default expression="" field="material" applyOnUpdate="0"/>
    <default expression="" field="activity" applyOnUpdate="0"/>
    <default expression="" field="trigger" applyOnUpdate="0"/>
    <default expression="" field="confidence" applyOnUpdate="0"/>
    <default expression="" field="conf_hint" applyOnUpdate="0"/>
    <default expression="" field="event_date" applyOnUpdate="0"/>
    <default expression="" field="notes" applyOnUpdate="0"/>
    <default expression="" field="change" applyOnUpdate="0"/>
    <default expression="" field="survey" applyOnUpdate="0"/>
    <default expression="" field="first_seen" applyOnUpdate="0"/>
    <default expression="" field="last_seen" applyOnUpdate="0"/>
    <default expression="" field="seen_id" applyOnUpdate="0"/>
    <default expression="" field="seen_m2" applyOnUpdate="0"/>
    <default expression="" field="history" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint field="id" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="area_m2" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="perimeter_m" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="length_m" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="width_m" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="elongation" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="compactness" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="pixel_count" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="prob_mean" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="prob_max" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="prob_p10" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="prob_std" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="touches_edge" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="neighb_m" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="lon" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="lat" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="z_max" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="z_min" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="height_m" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="travel_m" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="h_l" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="reach_deg" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="crown_lon" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="crown_lat" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="toe_lon" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="toe_lat" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="slope_mean" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="slope_max" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="aspect_deg" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="curvature" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="model" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="model_version" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="model_sha" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="threshold" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="source" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="product_id" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="pre_date" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="image_date" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="run_date" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="landslip" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="method" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="review_status" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="ls_type" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="material" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="activity" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="trigger" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="confidence" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="conf_hint" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="event_date" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="notes" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="change" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="survey" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="first_seen" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="last_seen" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="seen_id" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="seen_m2" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
    <constraint field="history" unique_strength="0" constraints="0" exp_strength="0" notnull_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint desc="" field="id" exp=""/>
    <constraint desc="" field="area_m2" exp=""/>
    <constraint desc="" field="perimeter_m" exp=""/>
    <constraint desc="" field="length_m" exp=""/>
    <constraint desc="" field="width_m" exp=""/>
    <constraint desc="" field="elongation" exp=""/>
    <constraint desc="" field="compactness" exp=""/>
    <constraint desc="" field="pixel_count" exp=""/>
    <constraint desc="" field="prob_mean" exp=""/>
    <constraint desc="" field="prob_max" exp=""/>
    <constraint desc="" field="prob_p10" exp=""/>
    <constraint desc="" field="prob_std" exp=""/>
    <constraint desc="" field="touches_edge" exp=""/>
    <constraint desc="" field="neighb_m" exp=""/>
    <constraint desc="" field="lon" exp=""/>
    <constraint desc="" field="lat" exp=""/>
    <constraint desc="" field="z_max" exp=""/>
    <constraint desc="" field="z_min" exp=""/>
    <constraint desc="" field="height_m" exp=""/>
    <constraint desc="" field="travel_m" exp=""/>
    <constraint desc="" field="h_l" exp=""/>
    <constraint desc="" field="reach_deg" exp=""/>
    <constraint desc="" field="crown_lon" exp=""/>
    <constraint desc="" field="crown_lat" exp=""/>
    <constraint desc="" field="toe_lon" exp=""/>
    <constraint desc="" field="toe_lat" exp=""/>
    <constraint desc="" field="slope_mean" exp=""/>
    <constraint desc="" field="slope_max" exp=""/>
    <constraint desc="" field="aspect_deg" exp=""/>
    <constraint desc="" field="curvature" exp=""/>
    <constraint desc="" field="model" exp=""/>
    <constraint desc="" field="model_version" exp=""/>
    <constraint desc="" field="model_sha" exp=""/>
    <constraint desc="" field="threshold" exp=""/>
    <constraint desc="" field="source" exp=""/>
    <constraint desc="" field="product_id" exp=""/>
    <constraint desc="" field="pre_date" exp=""/>
    <constraint desc="" field="image_date" exp=""/>
    <constraint desc="" field="run_date" exp=""/>
    <constraint desc="" field="landslip" exp=""/>
    <constraint desc="" field="method" exp=""/>
    <constraint desc="" field="review_status" exp=""/>
    <constraint desc="" field="ls_type" exp=""/>
    <constraint desc="" field="material" exp=""/>
    <constraint desc="" field="activity" exp=""/>
    <constraint desc="" field="trigger" exp=""/>
    <constraint desc="" field="confidence" exp=""/>
    <constraint desc="" field="conf_hint" exp=""/>
    <constraint desc="" field="event_date" exp=""/>
    <constraint desc="" field="notes" exp=""/>
    <constraint desc="" field="change" exp=""/>
    <constraint desc="" field="survey" exp=""/>
    <constraint desc="" field="first_seen" exp=""/>
    <constraint desc="" field="last_seen" exp=""/>
    <constraint desc="" field="seen_id" exp=""/>
    <constraint desc="" field="seen_m2" exp=""/>
    <constraint desc="" field="history" exp=""/>
  </constraintExpressions>
  <expressionfields/>
  <editform tolerant="1"></editform>
  <editforminit/>
  <editforminitcodesource>0</editforminitcodesource>
  <editforminitfilepath></editforminitfilepath>
  <editforminitcode><![CDATA[]]></editforminitcode>
  <featformsuppress>0</featformsuppress>
  <editorlayout>tablayout</editorlayout>
  <attributeEditorForm>
    <attributeEditorContainer groupBox="0" visibilityExpression="" visibilityExpressionEnabled="0" name="Review" columnCount="1" showLabel="1">
      <attributeEditorField index="40" name="method" showLabel="1"/>
      <attributeEditorField index="41" name="review_status" showLabel="1"/>
      <attributeEditorField index="42" name="ls_type" showLabel="1"/>
      <attributeEditorField index="43" name="material" showLabel="1"/>
      <attributeEditorField index="44" name="activity" showLabel="1"/>
      <attributeEditorField index="45" name="trigger" showLabel="1"/>
      <attributeEditorField index="46" name="confidence" showLabel="1"/>
      <attributeEditorField index="48" name="event_date" showLabel="1"/>
      <attributeEditorField index="49" name="notes" showLabel="1"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpression="" visibilityExpressionEnabled="0" name="Size and place" columnCount="1" showLabel="1">
      <attributeEditorField index="0" name="id" showLabel="1"/>
      <attributeEditorField index="1" name="area_m2" showLabel="1"/>
      <attributeEditorField index="2" name="perimeter_m" showLabel="1"/>
      <attributeEditorField index="6" name="compactness" showLabel="1"/>
      <attributeEditorField index="7" name="pixel_count" showLabel="1"/>
      <attributeEditorField index="12" name="touches_edge" showLabel="1"/>
      <attributeEditorField index="13" name="neighb_m" showLabel="1"/>
      <attributeEditorField index="14" name="lon" showLabel="1"/>
      <attributeEditorField index="15" name="lat" showLabel="1"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpression="" visibilityExpressionEnabled="0" name="Probability" columnCount="1" showLabel="1">
      <attributeEditorField index="8" name="prob_mean" showLabel="1"/>
      <attributeEditorField index="9" name="prob_max" showLabel="1"/>
      <attributeEditorField index="10" name="prob_p10" showLabel="1"/>
      <attributeEditorField index="11" name="prob_std" showLabel="1"/>
      <attributeEditorField index="47" name="conf_hint" showLabel="1"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpression="" visibilityExpressionEnabled="0" name="Terrain" columnCount="1" showLabel="1">
      <attributeEditorField index="3" name="length_m" showLabel="1"/>
      <attributeEditorField index="4" name="width_m" showLabel="1"/>
      <attributeEditorField index="5" name="elongation" showLabel="1"/>
      <attributeEditorField index="16" name="z_max" showLabel="1"/>
      <attributeEditorField index="17" name="z_min" showLabel="1"/>
      <attributeEditorField index="18" name="height_m" showLabel="1"/>
      <attributeEditorField index="19" name="travel_m" showLabel="1"/>
      <attributeEditorField index="20" name="h_l" showLabel="1"/>
      <attributeEditorField index="21" name="reach_deg" showLabel="1"/>
      <attributeEditorField index="22" name="crown_lon" showLabel="1"/>
      <attributeEditorField index="23" name="crown_lat" showLabel="1"/>
      <attributeEditorField index="24" name="toe_lon" showLabel="1"/>
      <attributeEditorField index="25" name="toe_lat" showLabel="1"/>
      <attributeEditorField index="26" name="slope_mean" showLabel="1"/>
      <attributeEditorField index="27" name="slope_max" showLabel="1"/>
      <attributeEditorField index="28" name="aspect_deg" showLabel="1"/>
      <attributeEditorField index="29" name="curvature" showLabel="1"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpression="" visibilityExpressionEnabled="0" name="History" columnCount="1" showLabel="1">
      <attributeEditorField index="50" name="change" showLabel="1"/>
      <attributeEditorField index="51" name="survey" showLabel="1"/>
      <attributeEditorField index="52" name="first_seen" showLabel="1"/>
      <attributeEditorField index="53" name="last_seen" showLabel="1"/>
      <attributeEditorField index="54" name="seen_id" showLabel="1"/>
      <attributeEditorField index="55" name="seen_m2" showLabel="1"/>
      <attributeEditorField index="56" name="history" showLabel="1"/>
    </attributeEditorContainer>
    <attributeEditorContainer groupBox="0" visibilityExpression="" visibilityExpressionEnabled="0" name="Where it comes from" columnCount="1" showLabel="1">
      <attributeEditorField index="30" name="model" showLabel="1"/>
      <attributeEditorField index="31" name="model_version" showLabel="1"/>
      <attributeEditorField index="32" name="model_sha" showLabel="1"/>
      <attributeEditorField index="33" name="threshold" showLabel="1"/>
      <attributeEditorField index="34" name="source" showLabel="1"/>
      <attributeEditorField index="35" name="product_id" showLabel="1"/>
      <attributeEditorField index="36" name="pre_date" showLabel="1"/>
      <attributeEditorField index="37" name="image_date" showLabel="1"/>
      <attributeEditorField index="38" name="run_date" showLabel="1"/>
      <attributeEditorField index="39" name="landslip" showLabel="1"/>
    </attributeEditorContainer>
  </attributeEditorForm>
  <editable>
    <field editable="1" name="activity"/>
    <field editable="0" name="area_m2"/>
    <field editable="0" name="aspect_deg"/>
    <field editable="0" name="change"/>
    <field editable="0" name="compactness"/>
    <field editable="0" name="conf_hint"/>
    <field editable="1" name="confidence"/>
    <field editable="0" name="crown_lat"/>
    <field editable="0" name="crown_lon"/>
    <field editable="0" name="curvature"/>
    <field editable="0" name="elongation"/>
    <field editable="1" name="event_date"/>
    <field editable="0" name="first_seen"/>
    <field editable="0" name="h_l"/>
    <field editable="0" name="height_m"/>
    <field editable="0" name="history"/>
    <field editable="0" name="id"/>
    <field editable="0" name="image_date"/>
    <field editable="0" name="landslip"/>
    <field editable="0" name="last_seen"/>
    <field editable="0" name="lat"/>
    <field editable="0" name="length_m"/>
    <field editable="0" name="lon"/>
    <field editable="1" name="ls_type"/>
    <field editable="1" name="material"/>
    <field editable="1" name="method"/>
    <field editable="0" name="model"/>
    <field editable="0" name="model_sha"/>
    <field editable="0" name="model_version"/>
    <field editable="0" name="neighb_m"/>
    <field editable="1" name="notes"/>
    <field editable="0" name="perimeter_m"/>
    <field editable="0" name="pixel_count"/>
    <field editable="0" name="pre_date"/>
    <field editable="0" name="prob_max"/>
    <field editable="0" name="prob_mean"/>
    <field editable="0" name="prob_p10"/>
    <field editable="0" name="prob_std"/>
    <field editable="0" name="product_id"/>
    <field editable="0" name="reach_deg"/>
    <field editable="1" name="review_status"/>
    <field editable="0" name="run_date"/>
    <field editable="0" name="seen_id"/>
    <field editable="0" name="seen_m2"/>
    <field editable="0" name="slope_max"/>
    <field editable="0" name="slope_mean"/>
    <field editable="0" name="source"/>
    <field editable="0" name="survey"/>
    <field editable="0" name="threshold"/>
    <field editable="0" name="toe_lat"/>
    <field editable="0" name="toe_lon"/>
    <field editable="0" name="touches_edge"/>
    <field editable="0" name="travel_m"/>
    <field editable="1" name="trigger"/>
    <field editable="0" name="width_m"/>
    <field editable="0" name="z_max"/>
    <field editable="0" name="z_min"/>
  </editable>
  <labelOnTop/>
  <reuseLastValue/>
  <dataDefinedFieldProperties/>
  <widgets/>
  <mapTip>&lt;b>[% "id" %]&lt;/b> [% "review_status" %]&lt;br>
[% eval('landslip_chip()') %]
[% format_number("area_m2", 0) %] m²[% coalesce(', mean probability ' || round("prob_mean", 2), '')
%][% coalesce(', slope ' || round("slope_mean") || '°', '') %]</mapTip>
  <layerGeometryType>2</layerGeometryType>
</qgis>
